"""Importing conversations, on fakes."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from application.import_conversations import ImportConversations, ImportTotals
from domain.conversation import Conversation
from domain.errors import RuleViolationError
from domain.identifiers import ConversationId, OwnerId
from domain.imports import ImportedMessage
from domain.json_text import EMPTY_OBJECT
from domain.message import NewMessage
from domain.pages import MessageWindow
from domain.roles import Role
from tests.support.fakes.conversation_import import InMemoryConversationImport
from tests.support.fakes.conversations import InMemoryConversationRepository

type Entries = Sequence[Conversation | ImportedMessage]

ANN = OwnerId("ann")
THEN = datetime(2024, 1, 2, tzinfo=UTC)


def conversation(number: int, last_seq: int = 0) -> Conversation:
    place = ConversationId(UUID(int=number))
    return Conversation(place, None, False, EMPTY_OBJECT, last_seq, None, THEN, THEN)  # noqa: FBT003 - as it is defined


def said(seq: int, text: str = "Hello", at: datetime = THEN) -> ImportedMessage:
    return ImportedMessage(seq=seq, message=NewMessage(role=Role.USER, content=text), created_at=at)


def called(seq: int, *call_ids: str) -> ImportedMessage:
    calls: list[dict[str, Any]] = [
        {"id": name, "type": "function", "function": {"name": "f", "arguments": "{}"}} for name in call_ids
    ]
    return ImportedMessage(seq=seq, message=NewMessage(role=Role.ASSISTANT, tool_calls=calls), created_at=THEN)


def answered(seq: int, call_id: str) -> ImportedMessage:
    message = NewMessage(role=Role.TOOL, tool_call_id=call_id, content="-")
    return ImportedMessage(seq=seq, message=message, created_at=THEN)


@pytest.fixture
def target() -> InMemoryConversationImport:
    return InMemoryConversationImport(InMemoryConversationRepository())


async def test_conversations_are_written_with_their_messages_in_order(target: InMemoryConversationImport) -> None:
    entries: Entries = [conversation(2, 2), said(1, "a"), said(2, "b"), conversation(1), conversation(3, 1), said(1)]

    totals = await ImportConversations(target)(ANN, entries)

    assert totals == ImportTotals(conversations=3, messages=3, skipped=0)
    messages = (await target._repository.messages(ANN, ConversationId(UUID(int=2)), MessageWindow())).messages
    assert [(one.seq, one.content and one.content.value) for one in messages] == [(1, "a"), (2, "b")]


async def test_a_second_run_changes_nothing(target: InMemoryConversationImport) -> None:
    entries: Entries = [conversation(1, 1), said(1), conversation(2, 2), called(1, "a"), said(2)]
    await ImportConversations(target)(ANN, entries)
    batches = len(target.batches)

    totals = await ImportConversations(target)(ANN, entries)

    assert totals == ImportTotals(skipped=2)
    assert len(target.batches) == batches


async def test_messages_are_written_in_batches_of_bounded_size(target: InMemoryConversationImport) -> None:
    many: Entries = [conversation(1, 450), *(said(seq) for seq in range(1, 451))]
    long: Entries = [conversation(2, 6), *(said(seq, "x" * 1_000_000) for seq in range(1, 7))]

    await ImportConversations(target)(ANN, [*many, *long])

    assert target.batches == [200, 200, 50, 3, 3]


async def test_the_calls_that_are_left_open_follow_from_the_messages(target: InMemoryConversationImport) -> None:
    entries: Entries = [
        conversation(1, 3), called(1, "b", "a", "c"), answered(2, "c"), called(3, "d"),
        conversation(2, 3), called(1, "a"), answered(2, "a"), said(3),
        conversation(3, 2), called(1, "a"), said(2),
    ]  # fmt: skip

    await ImportConversations(target)(ANN, entries)

    left = [target._repository._kept[ANN, ConversationId(UUID(int=number))].open_calls for number in (1, 2, 3)]
    assert left == [{"a", "b", "d"}, set(), set()]


@pytest.mark.parametrize(
    ("entries", "field"),
    [
        ([said(1)], "the line"),
        ([conversation(1, 2_000_000), said(1_999_999)], "seq"),
        ([conversation(1, 2), said(1), said(1)], "seq"),
        ([conversation(1, 1), said(1), said(2)], "seq"),
        ([conversation(1, 1), said(1, at=THEN + timedelta(microseconds=1))], "created_at"),
        ([conversation(1, 1), answered(1, "a")], "tool_call_id"),
        ([conversation(1, 2), called(1, "a"), called(2, "a")], "tool_calls"),
    ],
)
async def test_an_entry_that_may_not_follow_is_refused_before_another_is_taken(
    target: InMemoryConversationImport, entries: Entries, field: str
) -> None:
    taken = 0

    def take() -> Iterator[Conversation | ImportedMessage]:
        nonlocal taken
        for entry in entries:
            taken += 1
            yield entry
        yield conversation(9)

    with pytest.raises(RuleViolationError) as raised:
        await ImportConversations(target)(ANN, take())

    assert raised.value.field == field
    assert taken == len(entries)


async def test_the_messages_that_do_not_come_were_removed(target: InMemoryConversationImport) -> None:
    entries: Entries = [conversation(1, 9), said(3), said(4), said(7), conversation(2, 2), conversation(3)]

    totals = await ImportConversations(target)(ANN, entries)
    again = await ImportConversations(target)(ANN, entries)

    kept = [target._repository._kept[ANN, ConversationId(UUID(int=number))] for number in (1, 2, 3)]
    assert (totals, again) == (ImportTotals(conversations=3, messages=3), ImportTotals(skipped=3))
    assert [sorted(one.seq for one in each.messages) for each in kept] == [[*range(1, 10)], [1, 2], []]
    assert [[one.seq for one in each.remaining] for each in kept] == [[3, 4, 7], [], []]


async def test_a_removed_message_may_have_closed_the_calls_before_it(target: InMemoryConversationImport) -> None:
    entries: Entries = [
        conversation(1, 6), called(1, "a", "b", "c"),
        answered(3, "b"), called(4, "a"), answered(5, "a"), called(6, "d"),
        conversation(2, 4), called(1, "a"), said(3),
        conversation(3, 2), called(1, "a"),
    ]  # fmt: skip

    await ImportConversations(target)(ANN, entries)

    left = [target._repository._kept[ANN, ConversationId(UUID(int=number))].open_calls for number in (1, 2, 3)]
    assert left == [{"c", "d"}, set(), {"a"}]


async def test_messages_that_would_have_to_be_millions_are_refused(target: InMemoryConversationImport) -> None:
    with pytest.raises(RuleViolationError, match="must not leave out more than 1000000 messages"):
        await ImportConversations(target)(ANN, [conversation(1, 2**32 - 1)])


async def test_the_rules_hold_for_what_is_skipped_too(target: InMemoryConversationImport) -> None:
    await ImportConversations(target)(ANN, [conversation(1, 1), said(1)])

    with pytest.raises(RuleViolationError):
        await ImportConversations(target)(ANN, [conversation(1, 1), said(2)])
