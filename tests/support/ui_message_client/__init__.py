"""The AI SDK's own chat in Node.js: what a front end makes of the service."""

import json
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import IO, Any, Final, Self

from tests.support.node_packages import NODE, install_packages

DIRECTORY: Final = Path(__file__).resolve().parent
_SECONDS: Final = 20.0


@dataclass(kw_only=True)
class ChatState:
    """What a user sees: ``status`` of the chat, its ``error``, its messages, and how its requests have finished."""

    status: str = "ready"
    error: str | None = None
    messages: list[dict[str, Any]] = field(default_factory=list)
    finishes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def texts(self) -> list[tuple[str, str]]:
        """The role and the text of each message."""
        return [
            (one["role"], "".join(part["text"] for part in one["parts"] if part["type"] == "text"))
            for one in self.messages
        ]


class UIChat:
    """A front end in a process of its own, for as long as the `with` block lasts."""

    def __init__(self, origin: str, token: str) -> None:
        """``origin`` is the service's; ``token`` that of the user's session."""
        self.state = ChatState()
        self.origin = origin
        self._token = token
        self._number = 0
        self._lines: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._done: dict[int, str | None] = {}

    def __enter__(self) -> Self:
        install_packages(DIRECTORY)
        self._process = subprocess.Popen(
            [NODE, DIRECTORY / "driver.mjs"], cwd=DIRECTORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self._reader = Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(_SECONDS)
        finally:
            self._process.kill()
            self._reader.join()
            with self._process:  # closes its pipes
                pass

    def open(self, conversation: str, *, is_default: bool = False, messages: list[Any] | None = None) -> None:
        """Open a page with the conversation, which is loaded unless its ``messages`` are given."""
        self.do(
            "open",
            origin=self.origin,
            token=self._token,
            conversation=conversation,
            isDefault=is_default,
            messages=messages,
        )

    def begin(self, command: str, **options: Any) -> int:
        """Begin to do something; the number to wait for."""
        self._number += 1
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps({'number': self._number, 'command': command, **options})}\n")
        self._process.stdin.flush()
        return self._number

    def do(self, command: str, **options: Any) -> ChatState:
        """Do something, and wait until it is done; what is seen then. Raises AssertionError if it fails."""
        return self.wait_for(self.begin(command, **options))

    def wait_for(self, number: int) -> ChatState:
        """Wait until what was begun is done; what is seen then. Raises AssertionError if it fails."""
        while number not in self._done:
            self._take()
        failure = self._done.pop(number)
        assert failure is None, failure
        return self.state

    def until(self, is_so: Callable[[ChatState], bool]) -> ChatState:
        """Wait until it is seen; queue.Empty is raised if it is not in time."""
        while not is_so(self.state):
            self._take()
        return self.state

    def _take(self) -> None:
        line = self._lines.get(timeout=_SECONDS)
        if "done" in line:
            self._done[line["done"]] = line.get("failure")
        else:
            self.state = ChatState(**line)

    def _read(self, output: IO[str]) -> None:
        for line in output:
            self._lines.put(json.loads(line))
