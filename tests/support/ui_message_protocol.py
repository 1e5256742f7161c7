"""A checker of the AI SDK's UI message stream: it raises AssertionError for what breaks the protocol."""

import json
import re
from typing import Any, Final

_FRAME: Final = re.compile(rb"id: ([0-9]+)-([0-9]+)\ndata: ([^\n\r]+)\n\n")
_DONE: Final = b"id:\ndata: [DONE]\n\n"
_ENDS: Final = frozenset({"finish", "error"})
_CALL_STATES: Final = {
    "tool-input-start": (None, "started"),
    "tool-input-delta": ("started", "started"),
    "tool-input-available": ("started", "whole"),
    "tool-input-error": ("started", "whole"),
    "tool-output-available": ("whole", "answered"),
}
"""The state of a call before a chunk, and after it."""


class UIMessageChecker:
    """Takes one chunk after the other, as a client does."""

    def __init__(self) -> None:
        self.text = ""
        self.tools: dict[str, str] = {}
        """The state of each call of the step, by its id."""
        self.outputs: list[Any] = []
        self.finish: dict[str, Any] | None = None
        self._open: str | None = None
        self._used: set[str] = set()
        self._in_step = False
        self._began = False
        self._aborted = False

    def take(self, chunk: dict[str, Any]) -> None:
        """Check the next chunk."""
        kind = chunk["type"]
        assert self.finish is None, f"{kind} after the end"
        assert self._began is (kind != "start"), f"{kind} out of turn"
        assert not self._aborted or kind == "finish", f"{kind} after abort"
        self._began = True
        if kind.startswith(("text-", "reasoning-")):
            self._take_part(chunk)
        elif kind.startswith("tool-"):
            self._take_call(chunk)
        else:
            self._take_rest(chunk)

    def _take_part(self, chunk: dict[str, Any]) -> None:
        name, _, what = chunk["type"].partition("-")
        part = f"{name} {chunk['id']}"
        assert self._in_step
        if what == "start":
            assert self._open is None
            assert chunk["id"] not in self._used, "two parts have one id"
            self._used.add(chunk["id"])
            self._open = part
            return
        assert self._open == part, "a part that is not open"
        if what == "end":
            self._open = None
        else:
            assert chunk["delta"]
            self.text += chunk["delta"] if name == "text" else ""

    def _take_call(self, chunk: dict[str, Any]) -> None:
        kind, call_id = chunk["type"], chunk["toolCallId"]
        assert self._in_step
        assert self._open is None or kind != "tool-input-start", "a call begins within a part"
        before, after = _CALL_STATES[kind]
        assert self.tools.get(call_id) == before, f"{kind} of a call that is {self.tools.get(call_id)}"
        self.tools[call_id] = after
        if kind == "tool-output-available":
            self.outputs.append(chunk["output"])

    def _take_rest(self, chunk: dict[str, Any]) -> None:
        kind = chunk["type"]
        if kind == "start-step":
            assert not self._in_step
            self._in_step, self.tools = True, {}
        elif kind == "finish-step":
            assert self._in_step
            assert self._open is None, "a part is left open"
            assert "started" not in self.tools.values(), "a call is left open"
            self._in_step = False
        elif kind in _ENDS:
            assert not self._in_step
            self.finish = chunk
        else:
            assert kind in {"start", "data-conversation", "message-metadata", "abort"}, f"an unknown type: {kind}"
            self._aborted = kind == "abort"


def chunks_of(stream: bytes, seq: int, first: int = 1) -> list[dict[str, Any]]:
    """The chunks of a whole stream whose first frame has this number. Raises AssertionError unless all is framed."""
    frames = list(_FRAME.finditer(stream))
    assert b"".join(frame[0] for frame in frames) + _DONE == stream
    assert [(int(frame[1]), int(frame[2])) for frame in frames] == [
        (seq, number) for number in range(first, first + len(frames))
    ]
    return [json.loads(frame[3]) for frame in frames]


def check(stream: bytes, seq: int) -> UIMessageChecker:
    """Check a whole stream; what a client makes of it."""
    checker = UIMessageChecker()
    for chunk in chunks_of(stream, seq):
        checker.take(chunk)
    assert checker.finish is not None, "the stream has no end"
    return checker
