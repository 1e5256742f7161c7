"""Event streams: when they end, and what a client gets in silence."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest

from domain.errors import BannedError, CredentialFailure, UnauthenticatedError, UnavailableError
from entrypoints.http import event_stream
from entrypoints.http.event_stream import EventStream
from entrypoints.http.head_requests import IS_HEAD

KEEP_ALIVE = b": keep-alive\n\n"


class Client:
    """Gets a stream, and leaves when it is told to."""

    def __init__(self, **state: Any) -> None:
        self.scope: Any = {"type": "http", "state": state}
        self.left = asyncio.Event()
        self.got: asyncio.Queue[bytes] = asyncio.Queue()
        self.start: dict[str, Any] = {}
        self.has_all = False

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        else:
            self.has_all = not message["more_body"]
            self.got.put_nowait(message["body"])


class Frames:
    """Gives what is put in, until None; an exception in it is raised."""

    def __init__(self, *frames: bytes | Exception | None) -> None:
        self.waiting: asyncio.Queue[bytes | Exception | None] = asyncio.Queue()
        for frame in frames:
            self.waiting.put_nowait(frame)
        self.is_closed = False

    async def give(self) -> AsyncGenerator[bytes, None]:
        try:
            while (frame := await self.waiting.get()) is not None:
                if isinstance(frame, Exception):
                    raise frame
                yield frame
        finally:
            self.is_closed = True


async def grant() -> None:
    """Authenticate everybody."""


def stream(frames: Frames, client: Client, authenticate: Callable[[], Any] = grant) -> asyncio.Task[None]:
    response = EventStream(frames.give(), authenticate=authenticate, headers={"X-Kind": "v1"})
    app: Any = response.to_asgi_response(None, request=None)  # type: ignore[arg-type]  # it is not looked at
    return asyncio.ensure_future(app(client.scope, client.receive, client.send))


async def test_frames_are_sent_as_they_come_and_the_body_ends_after_the_last() -> None:
    frames, client = Frames(), Client()
    streaming = stream(frames, client)

    for frame in (b"one", b"two"):
        frames.waiting.put_nowait(frame)
        assert await client.got.get() == frame
    assert not client.has_all
    frames.waiting.put_nowait(None)
    await streaming

    assert (await client.got.get(), client.has_all) == (b"", True)
    assert dict(client.start["headers"]) == {
        b"content-type": b"text/event-stream",
        b"cache-control": b"no-cache, no-store, no-transform",
        b"x-accel-buffering": b"no",
        b"x-kind": b"v1",
    }


async def test_a_client_that_leaves_ends_its_stream_while_nothing_is_said() -> None:
    frames, client = Frames(), Client()
    streaming = stream(frames, client)
    frames.waiting.put_nowait(b"one")
    await client.got.get()

    client.left.set()
    await streaming

    assert frames.is_closed
    assert not client.has_all


async def test_a_stream_that_the_server_ends_is_broken_off_and_raises_nothing() -> None:
    frames, client = Frames(b"one"), Client()
    streaming = stream(frames, client)
    await client.got.get()

    streaming.cancel()
    await streaming

    assert frames.is_closed
    assert not client.has_all


async def test_who_asks_for_the_head_gets_no_frame() -> None:
    frames, client = Frames(b"one"), Client(**{IS_HEAD: True})

    await stream(frames, client)

    assert (client.got.get_nowait(), client.got.empty(), client.has_all) == (b"", True, True)


async def test_in_silence_a_comment_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "KEEP_ALIVE_SECONDS", 0.001)
    frames, client = Frames(), Client()
    streaming = stream(frames, client)

    silence = [await client.got.get() for _ in range(3)]
    frames.waiting.put_nowait(b"one")
    while (got := await client.got.get()) == KEEP_ALIVE:
        pass
    client.left.set()
    await streaming

    assert silence == [KEEP_ALIVE] * 3
    assert got == b"one"


@pytest.mark.parametrize("refusal", [UnauthenticatedError(CredentialFailure.UNKNOWN), BannedError()], ids=repr)
async def test_who_is_no_longer_let_in_is_cut_off_without_the_end(
    monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    monkeypatch.setattr(event_stream, "CHECK_SECONDS", 0.001)
    frames, client = Frames(b"one"), Client()
    checks = iter([None, None, refusal])

    async def authenticate() -> None:
        if error := next(checks):
            raise error

    await stream(frames, client, authenticate)

    assert frames.is_closed
    assert not client.has_all
    assert next(checks, "none left") == "none left"


@pytest.mark.parametrize(("answers", "asked"), [("-.-.-x", 6), ("--.", 2)])
async def test_a_check_that_can_not_be_made_is_made_again_once(
    monkeypatch: pytest.MonkeyPatch, answers: str, asked: int
) -> None:
    monkeypatch.setattr(event_stream, "CHECK_SECONDS", 0.001)
    frames, client, made = Frames(b"one"), Client(), list[str]()
    meanings = {"-": UnavailableError(), "x": BannedError()}

    async def authenticate() -> None:
        made.append(answers[len(made)])
        if made[-1] in meanings:
            raise meanings[made[-1]]

    await stream(frames, client, authenticate)

    assert len(made) == asked
    assert not client.has_all


async def test_a_stream_whose_frames_fail_is_broken_off() -> None:
    frames, client = Frames(b"one", UnavailableError()), Client()

    await stream(frames, client)

    assert (client.got.get_nowait(), client.got.empty(), client.has_all) == (b"one", True, False)


async def test_a_defect_is_raised() -> None:
    frames, client = Frames(b"one", ZeroDivisionError()), Client()

    with pytest.raises(ZeroDivisionError):
        await stream(frames, client)
    assert not client.has_all
