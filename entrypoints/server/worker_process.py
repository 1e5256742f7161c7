"""A worker's process: it serves, and obeys its supervisor through a pipe."""

import asyncio
import socket
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any, Final, override

import uvicorn
from uvicorn.config import STARTUP_FAILURE

from entrypoints.errors import OneLineError
from entrypoints.server.draining import DrainingServer

PING: Final = b"ping"
"""Asks whether the worker lives. It answers with the same once it serves, from its event loop."""
DRAIN: Final = b"drain"
"""The service ends, and all its workers."""
RETIRE: Final = b"retire"
"""Another worker serves in its place."""
HURRY: Final = b"hurry"
"""It shall end at once."""

type Check = Callable[[], object]
"""Raises if a worker should not start. It is found by its name in the new process, and so is new code."""


def run(
    config: uvicorn.Config,
    listener: socket.socket,
    drain_seconds: float,
    pipe: "Connection[Any, Any]",
    check: Check | None,
) -> None:
    """Serve until the supervisor or a signal ends it. What keeps it from starting is told to the supervisor."""
    config.configure_logging()
    try:
        if check:
            check()
        config.load()
    except Exception as error:  # noqa: BLE001 - whatever it is, the supervisor says it in one line
        pipe.send_bytes(_reason_of(error).encode(errors="backslashreplace"))
        sys.exit(STARTUP_FAILURE)
    _SupervisedServer(config, drain_seconds, pipe).run(sockets=[listener])


class _SupervisedServer(DrainingServer):
    def __init__(self, config: uvicorn.Config, drain_seconds: float, pipe: "Connection[Any, Any]") -> None:
        super().__init__(config, drain_seconds=drain_seconds)
        self._pipe = pipe

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        asyncio.get_running_loop().add_reader(self._pipe.fileno(), self._obey)

    @override
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End. Twice is not at once: a terminal and a service manager signal the workers, beside the supervisor."""
        self.should_exit = True

    def _obey(self) -> None:
        try:
            order = self._pipe.recv_bytes()
            if order == PING:
                self._pipe.send_bytes(PING)
        except (EOFError, OSError):  # the supervisor has died: another one will want the address
            asyncio.get_running_loop().remove_reader(self._pipe.fileno())
            order = RETIRE
        if order == DRAIN:
            self.should_exit = True
        elif order == RETIRE:
            self.retire()
        elif order == HURRY:
            self.hurry()


def _reason_of(error: Exception) -> str:
    """The error's message if that is one line, or else its type and the first line of its message."""
    return (
        str(error)
        if isinstance(error, OneLineError)
        else ": ".join([type(error).__name__, *str(error).splitlines()[:1]])
    )
