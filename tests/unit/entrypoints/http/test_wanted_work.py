"""Work that is done only while its client waits."""

import asyncio
from typing import Any

import pytest

from entrypoints.http.errors import RequestError
from entrypoints.http.responses import while_wanted


class Client:
    """Waits for its response, until it leaves."""

    def __init__(self) -> None:
        self.left = asyncio.Event()

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}


class Work:
    """Never ends, and knows whether it was cancelled."""

    def __init__(self) -> None:
        self.begun, self.is_cancelled = asyncio.Event(), False

    async def __call__(self) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.is_cancelled = True


async def test_the_result_of_work_is_returned_and_what_it_raises_is_raised() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    assert await while_wanted(Client().receive, asyncio.sleep(0, "done")) == "done"
    with pytest.raises(ZeroDivisionError):
        await while_wanted(Client().receive, fail())


async def test_work_is_cancelled_when_the_client_leaves() -> None:
    client, work = Client(), Work()

    doing = asyncio.create_task(while_wanted(client.receive, work()))
    await work.begun.wait()
    client.left.set()

    with pytest.raises(RequestError):
        await doing
    assert work.is_cancelled


async def test_work_is_cancelled_with_whoever_waits_for_it() -> None:
    work = Work()

    doing = asyncio.create_task(while_wanted(Client().receive, work()))
    await work.begun.wait()
    doing.cancel()

    with pytest.raises(asyncio.CancelledError):
        await doing
    assert work.is_cancelled
