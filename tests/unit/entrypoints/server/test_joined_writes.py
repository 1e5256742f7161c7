"""What is written together is sent together, and in its order."""

import asyncio
from collections.abc import Iterable
from typing import override

import pytest

from entrypoints.server.joined_writes import JoinedWrites

pytestmark = pytest.mark.anyio


class RecordingTransport(asyncio.Transport):
    """A transport that notes what is sent, call by call, and its end."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[list[bytes] | str] = []

    @override
    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.calls.append([bytes(data) for data in list_of_data])

    @override
    def get_write_buffer_size(self) -> int:
        return 1000

    @override
    def close(self) -> None:
        self.calls.append("close")

    @override
    def abort(self) -> None:
        self.calls.append("abort")

    @override
    def is_closing(self) -> bool:
        return "close" in self.calls or "abort" in self.calls


@pytest.fixture
def transport() -> RecordingTransport:
    """The transport beneath."""
    return RecordingTransport()


@pytest.fixture
async def joined(transport: RecordingTransport) -> JoinedWrites:
    """The transport under test."""
    return JoinedWrites(transport, asyncio.get_running_loop())


async def test_what_one_turn_writes_is_sent_by_one_call(joined: JoinedWrites, transport: RecordingTransport) -> None:
    joined.write(b"head")
    joined.write(b"body")
    at_once = list(transport.calls)
    await asyncio.sleep(0)
    joined.write(b"next")
    await asyncio.sleep(0)

    assert at_once == []
    assert transport.calls == [[b"head", b"body"], [b"next"]]


async def test_closing_sends_first(joined: JoinedWrites, transport: RecordingTransport) -> None:
    joined.write(b"last words")
    joined.close()
    await asyncio.sleep(0)

    assert transport.calls == [[b"last words"], "close"]


async def test_aborting_sends_nothing(joined: JoinedWrites, transport: RecordingTransport) -> None:
    joined.write(b"last words")
    joined.abort()
    await asyncio.sleep(0)

    assert transport.calls == ["abort"]


async def test_nothing_is_sent_to_who_has_gone(joined: JoinedWrites, transport: RecordingTransport) -> None:
    joined.write(b"too late")
    transport.close()
    await asyncio.sleep(0)

    assert transport.calls == ["close"]


async def test_much_is_sent_at_once_for_flow_control_to_see(
    joined: JoinedWrites, transport: RecordingTransport
) -> None:
    joined.write(b"head")
    joined.write(bytes(100_000))

    assert transport.calls == [[b"head", bytes(100_000)]]


async def test_what_is_held_back_counts_as_unread(joined: JoinedWrites) -> None:
    joined.write(b"head")
    held = joined.get_write_buffer_size()
    await asyncio.sleep(0)

    assert (held, joined.get_write_buffer_size()) == (1004, 1000)
