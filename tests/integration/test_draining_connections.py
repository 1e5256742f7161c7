"""Connections of a server that ends: none is closed while something is under way on it."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from entrypoints.server import draining, processes
from entrypoints.server.draining import DrainingServer
from tests.support.raw_answers import Answer, IncompleteError
from tests.support.raw_http import Connection
from tests.support.waiting import eventually

_GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
_LONG = b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n"
_ENDLESS = b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n"

type Send = Callable[[Mapping[str, Any]], Awaitable[None]]


class Server:
    """The server in a thread, and the application. The response to ``/long`` ends when it is told to."""

    def __init__(self, drain_seconds: float) -> None:
        listener = processes.bind("127.0.0.1", 0)
        self.address = "http://{}:{}".format(*listener.getsockname())
        self._ready, self.response_has_begun, self.end_of_response = (threading.Event() for _ in range(3))
        self.uvicorn = DrainingServer(processes.configure(self), drain_seconds=drain_seconds, when_ready=self._be_ready)
        self.thread = threading.Thread(target=self.uvicorn.run, args=([listener],))
        self.thread.start()
        assert self._ready.wait(20)

    def _be_ready(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready.set()

    def retire(self) -> None:
        """Let another one take its place."""
        self._loop.call_soon_threadsafe(self.uvicorn.retire)

    def hurry(self) -> None:
        """Let it end at once."""
        if self.thread.is_alive():
            self._loop.call_soon_threadsafe(self.uvicorn.hurry)

    def begin_to_end(self) -> None:
        """End, and return once no connection is accepted any more."""
        self.uvicorn.should_exit = True
        assert eventually(lambda: not self.accepts())

    def accepts(self) -> bool:
        """Whether it accepts a connection."""
        try:
            with Connection(self.address):
                return True
        except ConnectionError:
            return False

    async def __call__(
        self, scope: Mapping[str, Any], receive: Callable[[], Awaitable[Mapping[str, Any]]], send: Send
    ) -> None:
        if scope["type"] == "lifespan":
            for moment in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{moment}.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"o", "more_body": True})
        if scope["path"] == "/endless":
            await asyncio.Event().wait()
        if scope["path"] == "/long":
            self.response_has_begun.set()
            await asyncio.to_thread(self.end_of_response.wait)
        await send({"type": "http.response.body", "body": b"k"})


@contextmanager
def served(drain_seconds: float = 0) -> Iterator[Server]:
    server = Server(drain_seconds)
    try:
        yield server
    finally:
        server.end_of_response.set()
        server.hurry()
        server.thread.join()


def closes(answer: Answer | None) -> bool:
    assert answer is not None
    assert answer.body == b"ok"
    return answer.headers.get("connection") == "close"


def test_an_idle_connection_is_closed() -> None:
    with served() as server, Connection(server.address) as one:
        one.send(_GET)
        assert not closes(one.receive())

        server.begin_to_end()

        assert one.receive() is None


def test_a_request_that_is_arriving_is_answered() -> None:
    with served() as server, Connection(server.address) as one:
        one.send(_GET)
        assert not closes(one.receive())
        one.send(_GET[:7])

        server.begin_to_end()
        one.send(_GET[7:])

        assert closes(one.receive())
        assert one.receive() is None


def test_a_response_that_has_begun_is_followed_by_another_one_that_says_that_it_is_the_last() -> None:
    with served() as server, Connection(server.address) as one:
        one.send(_LONG)
        assert server.response_has_begun.wait(20)

        server.begin_to_end()
        server.end_of_response.set()
        assert not closes(one.receive())
        one.send(_GET)

        assert closes(one.receive())
        assert one.receive() is None


def test_a_server_in_a_hurry_cuts_off_what_is_left() -> None:
    with served() as server, Connection(server.address) as one:
        server.uvicorn.config.timeout_graceful_shutdown = 3600
        one.send(_ENDLESS)
        assert eventually(lambda: len(server.uvicorn.server_state.tasks) == 1)
        server.begin_to_end()

        server.hurry()

        with pytest.raises(IncompleteError):
            one.receive()
        server.thread.join(20)
        assert not server.thread.is_alive()


def test_a_server_that_drains_accepts_connections_and_closes_each_with_its_response() -> None:
    with served(drain_seconds=3600) as server, Connection(server.address) as old:
        old.send(_GET)
        assert not closes(old.receive())

        server.uvicorn.should_exit = True
        assert eventually(lambda: is_draining(server))

        with Connection(server.address) as new:
            for one in (old, new):
                one.send(_GET)
                assert closes(one.receive())
                assert one.receive() is None


def is_draining(server: Server) -> bool:
    """Whether a new connection is closed with its first response."""
    with Connection(server.address) as one:
        one.send(_GET)
        return closes(one.receive())


def test_a_server_that_was_replaced_ends_once_its_clients_have_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "SECONDS_TO_MOVE", 3600)
    with served() as server, Connection(server.address) as idle:
        idle.send(_GET)
        assert not closes(idle.receive())

        server.retire()
        assert eventually(lambda: not server.accepts())
        idle.send(_GET)

        assert closes(idle.receive())
        server.thread.join(20)
        assert not server.thread.is_alive()
