"""An application of a few lines behind the real server, with short limits: for tests of processes.

``python -m tests.support.tiny_service 2 1`` serves it with two workers, which have a second to end, and prints its
address. The response to ``/endless`` does not end.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from entrypoints.server import processes

OBJECTION: Final = "TINY_SERVICE_OBJECTION"
"""Names a file: what it says keeps workers from being restarted."""
DEFECT: Final = "TINY_SERVICE_DEFECT"
"""Keeps the application from being made."""

type Send = Callable[[Mapping[str, Any]], Awaitable[None]]


def make_app() -> Callable[..., Awaitable[None]]:
    """The application: it answers with the id of its process."""
    if defect := os.environ.get(DEFECT):
        raise ValueError(defect)
    return _answer


async def _answer(scope: Mapping[str, Any], receive: Callable[[], Awaitable[Mapping[str, Any]]], send: Send) -> None:
    if scope["type"] == "lifespan":
        for moment in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{moment}.complete"})
    else:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/endless":
            await send({"type": "http.response.body", "body": b".", "more_body": True})
            await asyncio.Event().wait()
        await send({"type": "http.response.body", "body": str(os.getpid()).encode()})


def check() -> None:
    """Object to a worker that is about to take another one's place."""
    if objection := Path(os.environ[OBJECTION]).read_text():
        raise ValueError(objection)


if __name__ == "__main__":
    with processes.bind("127.0.0.1", 0) as listener:
        sys.stdout.write("http://{}:{}\n".format(*listener.getsockname()))
        sys.stdout.flush()
        processes.serve_workers(
            f"{__spec__.name}:{make_app.__name__}",
            listener,
            check,
            workers=int(sys.argv[1]),
            seconds_to_end=float(sys.argv[2]),
        )
