"""Exporting an owner, on fakes."""

from collections.abc import Sequence
from contextlib import aclosing
from uuid import UUID

import pytest

from application.export_owner import MOST_EXPORTS, MOST_SECONDS, ExportOwner
from domain.append import decide_append
from domain.conversation import Conversation, NewConversation
from domain.errors import OverloadedError
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.message import Message, NewMessage
from domain.principal import Principal
from domain.roles import Role
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.owner_archive import InMemoryOwnerArchive

OWNERS = [f"owner-{number}" for number in range(MOST_EXPORTS + 1)]


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def export(clock: Clock) -> ExportOwner:
    """An export of owners who have two conversations of a message each."""
    repository = InMemoryConversationRepository()
    append = decide_append([NewMessage(role=Role.USER, content="Hello")], None)
    for owner in OWNERS:
        for number in (1, 2):
            place = ConversationId(UUID(int=number))
            new = NewConversation(id=place, title=None, metadata=EMPTY_OBJECT, append=append)
            await repository.create(OwnerId(owner), new, None)
    return ExportOwner(InMemoryOwnerArchive(repository), clock)


def principal(number: int = 0) -> Principal:
    return Principal.agent(on_behalf_of=OWNERS[number])


async def exported(export: ExportOwner, number: int = 0) -> Sequence[Conversation | Message]:
    return [entry async for entry in export(principal(number))]


async def test_each_conversation_comes_with_its_messages(export: ExportOwner) -> None:
    assert [type(entry) for entry in await exported(export)] == [Conversation, Message] * 2


async def test_one_export_of_an_owner_runs_at_a_time(export: ExportOwner) -> None:
    async with aclosing(export(principal())) as running:
        await anext(running)

        with pytest.raises(OverloadedError):
            await exported(export)
        assert len(await exported(export, 1)) == 4

    assert len(await exported(export)) == 4


async def test_few_exports_run_at_a_time(export: ExportOwner) -> None:
    running = [export(principal(number)) for number in range(MOST_EXPORTS)]
    for one in running:
        await anext(one)

    with pytest.raises(OverloadedError):
        await exported(export, MOST_EXPORTS)

    await running[0].aclose()
    assert len(await exported(export, MOST_EXPORTS)) == 4
    for one in running:
        await one.aclose()


async def test_an_export_that_takes_too_long_ends(export: ExportOwner, clock: Clock) -> None:
    running = export(principal())
    clock.now = 1000
    await anext(running)
    clock.now += MOST_SECONDS
    await anext(running)
    clock.now += 1

    with pytest.raises(OverloadedError):
        await anext(running)
    assert len(await exported(export)) == 4
