"""Places: an owner has a part of them, the others are never behind more than that, and none is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import override

import pytest

from adapters.postgres.database import PoolSettings
from adapters.postgres.observer import Observer
from adapters.postgres.places import Places


class Waits(Observer):
    """Remembers how many have waited."""

    def __init__(self) -> None:
        self.count = 0

    @override
    def waited(self, seconds: float) -> None:
        self.count += 1


def places_of(most: int = 3, most_of_owner: int = 2, seconds: float = 30) -> tuple[Places, Waits]:
    waits = Waits()
    return Places(most, most_of_owner, seconds=seconds, observer=waits), waits


@asynccontextmanager
async def statement(places: Places, owner_id: str | None) -> AsyncIterator[None]:
    await places.enter(owner_id)
    try:
        await places.take()
        try:
            yield
        finally:
            places.give_back()
    finally:
        places.leave(owner_id)


class Statements:
    """Statements that run until they are told to end."""

    def __init__(self, places: Places) -> None:
        self.begun: list[str] = []
        self._places = places
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def begin(self, owner_id: str, *names: str) -> None:
        for name in names:
            self._ends[name] = asyncio.Event()
            self._tasks[name] = asyncio.create_task(self._run(owner_id, name))
        await settled()

    async def end(self, *names: str) -> None:
        for name in names:
            self._ends[name].set()
            await self._tasks[name]
        await settled()

    async def cancel(self, name: str) -> None:
        self._tasks[name].cancel()
        await settled()

    async def _run(self, owner_id: str, name: str) -> None:
        async with statement(self._places, owner_id):
            self.begun.append(name)
            await self._ends[name].wait()


async def settled() -> None:
    """Until all has gone as far as it goes by itself."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_an_owner_with_many_statements_leaves_places_to_others() -> None:
    places, waits = places_of(most=3, most_of_owner=2)
    statements = Statements(places)

    await statements.begin("ann", "a1", "a2", "a3", "a4")
    await statements.begin("ben", "b1")

    assert statements.begun == ["a1", "a2", "b1"]
    assert (places.waiting, waits.count) == (2, 0)
    await statements.end("a1", "a2", "a3", "a4", "b1")
    assert statements.begun == ["a1", "a2", "b1", "a3", "a4"]
    assert (places.waiting, waits.count) == (0, 2)


async def test_where_all_places_are_taken_no_owner_is_behind_more_than_a_part_of_anothers() -> None:
    places, _ = places_of(most=2, most_of_owner=1)
    statements = Statements(places)
    await statements.begin("ann", "a1")
    await statements.begin("ben", "b1")

    await statements.begin("cat", "c1", "c2", "c3")
    await statements.begin("dan", "d1")
    await statements.end("a1", "b1")

    assert statements.begun == ["a1", "b1", "c1", "d1"]
    await statements.end("c1", "c2", "c3", "d1")


async def test_who_gives_up_waiting_takes_nothing_along() -> None:
    places, _ = places_of(most=2, most_of_owner=1)
    statements = Statements(places)
    await statements.begin("ann", "a1", "a2", "a3")
    await statements.begin("ben", "b1")
    await statements.begin("cat", "c1", "c2")  # one waits for any place, one for the other

    for name in ("a2", "c1"):
        await statements.cancel(name)
    await statements.end("a1", "b1")

    assert statements.begun == ["a1", "b1", "c2", "a3"]
    await statements.end("a3", "c2")
    async with statement(places, "ann"), statement(places, "ben"):
        assert places.waiting == 0


@pytest.mark.parametrize(("owner_id", "others"), [("ann", "ann"), ("ben", "ann"), (None, None)])
async def test_waiting_has_an_end(owner_id: str | None, others: str | None) -> None:
    places, waits = places_of(most=1, most_of_owner=1, seconds=0.01)

    async with statement(places, others):
        with pytest.raises(TimeoutError):
            async with statement(places, owner_id):
                pass

    assert (places.waiting, waits.count) == (0, 1)
    async with statement(places, owner_id):
        pass


async def test_who_is_let_in_while_giving_up_lets_the_next_one_in() -> None:
    places, _ = places_of(most=2, most_of_owner=1)
    await places.enter("ann")
    given_up, next_one = asyncio.create_task(places.enter("ann")), asyncio.create_task(places.enter("ann"))
    await settled()

    places.leave("ann")
    given_up.cancel()
    await settled()

    assert (given_up.cancelled(), next_one.done()) == (True, True)


async def test_statements_of_no_owner_do_not_wait_for_each_other() -> None:
    places, _ = places_of(most=3, most_of_owner=1)

    async with statement(places, None), statement(places, None), statement(places, None):
        assert places.waiting == 0


async def test_owners_are_forgotten_when_their_statements_have_ended() -> None:
    places, _ = places_of(most_of_owner=1)
    statements = Statements(places)

    for number in range(9):
        await statements.begin(f"owner-{number}", f"{number}-1", f"{number}-2", f"{number}-3")
        await statements.cancel(f"{number}-2")
        await statements.end(f"{number}-1", f"{number}-3")

    assert places._of_owner == {}


@pytest.mark.parametrize(("size", "places"), [(1, 2), (10, 2), (14, 2), (15, 3), (100, 20)])
def test_an_owner_has_a_fifth_of_the_connections_but_two_at_least(size: int, places: int) -> None:
    assert PoolSettings(size=size).places_of_owner == places
