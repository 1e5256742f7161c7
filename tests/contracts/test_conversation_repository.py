"""The contract of the conversation repository: the sentences of its port, for every implementation."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database
from domain.append import AppendDecision, decide_append
from domain.conversation import Conversation, ConversationPatch, NewConversation
from domain.errors import (
    ConversationNotFoundError,
    IdempotencyKeyTakenError,
    MessageNotFoundError,
    NotFoundError,
    StaleError,
    StateMovedError,
)
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT, JsonText
from domain.message import Message, NewMessage, Status
from domain.metadata import make_metadata
from domain.pages import MAX_PAGE_BYTES, ConversationCursor, ConversationWindow, MessagePage, MessageWindow
from domain.ports.conversation_repository import ConversationRepository
from domain.quotas import Quotas, TooManyConversationsError, TooManyMessagesError
from domain.roles import Role
from tests.support.fakes.conversations import InMemoryConversationRepository

CALL = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
NONE_OPEN: frozenset[str] = frozenset()


@pytest.fixture(params=["in memory", "PostgreSQL"])
def repository(request: pytest.FixtureRequest, database: Database) -> ConversationRepository:
    if request.param == "in memory":
        return InMemoryConversationRepository()
    return PostgresConversationRepository(database)


@pytest.fixture
def ann() -> OwnerId:
    return OwnerId(f"ann-{secrets.token_hex(6)}")


@pytest.fixture
def bob() -> OwnerId:
    return OwnerId(f"bob-{secrets.token_hex(6)}")


def new_id() -> ConversationId:
    return ConversationId(UUID(int=secrets.randbits(128)))


def said(*texts: str) -> AppendDecision:
    return decide_append([NewMessage(role=Role.USER, content=text) for text in texts], None)


def new(*texts: str, title: str | None = None, metadata: JsonText = EMPTY_OBJECT) -> NewConversation:
    return NewConversation(id=new_id(), title=title, metadata=metadata, append=said(*texts) if texts else None)


def key(fingerprint: bytes = b"f") -> IdempotencyKey:
    return IdempotencyKey(key=secrets.token_hex(8), fingerprint=fingerprint)


def page_of(conversation: Conversation, messages: Sequence[Message]) -> MessagePage:
    """A page that has all there is."""
    return MessagePage(conversation=conversation, messages=tuple(messages), has_more_before=False, has_more_after=False)


async def seqs(repository: ConversationRepository, owner: OwnerId, conversation_id: ConversationId) -> list[int]:
    page = await repository.messages(owner, conversation_id, MessageWindow(limit=200))
    return [message.seq for message in page.messages]


async def test_a_new_conversation_is_what_was_given(repository: ConversationRepository, ann: OwnerId) -> None:
    wanted = new(title="Rome", metadata=make_metadata({"topic": "travel"}))

    conversation, messages = await repository.create(ann, wanted, None)

    assert conversation == await repository.conversation(ann, wanted.id)
    assert (conversation.title, conversation.title_is_auto, conversation.last_seq) == ("Rome", False, 0)
    assert conversation.metadata.value == {"topic": "travel"}
    assert conversation.created_at == conversation.updated_at
    assert not conversation.archived
    assert list(messages) == []


async def test_first_messages_are_written_with_the_conversation(
    repository: ConversationRepository, ann: OwnerId
) -> None:
    conversation, messages = await repository.create(ann, new("Hello there", "again"), None)

    assert (conversation.title, conversation.title_is_auto, conversation.last_seq) == ("Hello there", True, 2)
    assert [message.seq for message in messages] == [1, 2]
    assert {message.created_at for message in messages} == {conversation.created_at}
    assert (await repository.messages(ann, conversation.id, MessageWindow())) == page_of(conversation, messages)


async def test_a_message_reads_back_equal(repository: ConversationRepository, ann: OwnerId) -> None:
    conversation, _ = await repository.create(ann, new(), None)
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": 'nul \0, astral 🜂, bidi \u202e, quote " and \\u0000'},
        {"type": "odd", "n": 1.5},
    ]
    batch = [
        NewMessage(role=Role.SYSTEM, content="be kind"),
        NewMessage(role=Role.USER, content=parts, name="ann", metadata={"b": 1, "a": [None, True]}),
        NewMessage(role=Role.ASSISTANT, tool_calls=[CALL], status=Status.INCOMPLETE),
        NewMessage(role=Role.TOOL, tool_call_id="call_1", content=""),
        NewMessage(role=Role.ASSISTANT, item={"type": "reasoning", "summary": ["nul \0", 1.5, None]}),
    ]

    written = await repository.append(ann, conversation.id, decide_append(batch, NONE_OPEN), None)
    read = (await repository.messages(ann, conversation.id, MessageWindow())).messages

    assert list(read) == list(written)
    assert [message.content and message.content.value for message in read] == ["be kind", parts, None, "", None]
    assert [message.item and message.item.value for message in read[3:]] == [
        None,
        {"type": "reasoning", "summary": ["nul \0", 1.5, None]},
    ]
    assert read[1].metadata.text == '{"b":1,"a":[null,true]}'
    assert read[2].tool_calls is not None
    assert read[2].tool_calls.value == [CALL]
    assert (read[2].status, read[3].tool_call_id, read[1].name) == (Status.INCOMPLETE, "call_1", "ann")


async def test_appends_take_the_next_seqs_and_move_the_activity(
    repository: ConversationRepository, ann: OwnerId
) -> None:
    before, _ = await repository.create(ann, new("one"), None)

    messages = await repository.append(ann, before.id, said("two", "three"), None)

    after = await repository.conversation(ann, before.id)
    assert [message.seq for message in messages] == [2, 3]
    assert after.last_seq == 3
    assert after.updated_at == messages[0].created_at > before.updated_at
    assert after.created_at == before.created_at


async def test_only_a_conversation_without_a_title_takes_the_suggestion(
    repository: ConversationRepository, ann: OwnerId
) -> None:
    titled, _ = await repository.create(ann, new(title="Rome"), None)
    untitled, _ = await repository.create(ann, new(), None)
    wordless = decide_append([NewMessage(role=Role.ASSISTANT, content="hi")], None)
    await repository.append(ann, untitled.id, wordless, None)
    for one in (untitled, await repository.conversation(ann, untitled.id)):
        assert (one.title, one.title_is_auto) == (None, False)

    for conversation in (titled, untitled):
        await repository.append(ann, conversation.id, said("first"), None)
        await repository.append(ann, conversation.id, said("second"), None)

    titled, untitled = [await repository.conversation(ann, one.id) for one in (titled, untitled)]
    assert (titled.title, titled.title_is_auto) == ("Rome", False)
    assert (untitled.title, untitled.title_is_auto) == ("first", True)


async def test_open_calls_are_kept_and_guard_the_write(repository: ConversationRepository, ann: OwnerId) -> None:
    conversation, _ = await repository.create(ann, new(), None)
    call = [NewMessage(role=Role.ASSISTANT, tool_calls=[CALL, {**CALL, "id": "call_0"}])]
    await repository.append(ann, conversation.id, decide_append(call, NONE_OPEN), None)
    stale = decide_append([NewMessage(role=Role.ASSISTANT, tool_calls=[{**CALL, "id": "call_2"}])], NONE_OPEN)

    both = frozenset({"call_0", "call_1"})

    with pytest.raises(StateMovedError):
        await repository.append(ann, conversation.id, stale, None)

    assert await repository.open_calls(ann, conversation.id, None) == (both, None)
    assert await seqs(repository, ann, conversation.id) == [1]

    unaware = decide_append([NewMessage(role=Role.ASSISTANT, content="one moment")], None)
    await repository.append(ann, conversation.id, unaware, None)
    assert (await repository.open_calls(ann, conversation.id, None))[0] == {"call_0", "call_1"}

    answer = decide_append([NewMessage(role=Role.TOOL, tool_call_id="call_1", content="x")], both)
    await repository.append(ann, conversation.id, answer, None)
    assert (await repository.open_calls(ann, conversation.id, None))[0] == {"call_0"}

    await repository.append(ann, conversation.id, said("never mind"), None)
    assert (await repository.open_calls(ann, conversation.id, None))[0] == NONE_OPEN


async def test_an_append_that_follows_another_seq_is_stale(repository: ConversationRepository, ann: OwnerId) -> None:
    conversation, _ = await repository.create(ann, new("one", "two"), None)

    for seen in (0, 1, 3):
        with pytest.raises(StaleError) as raised:
            await repository.append(ann, conversation.id, replace(said("x"), follows=seen), None)
        assert raised.value.last_seq == 2
    with pytest.raises(StateMovedError):  # it is not stale: other calls are open than it was decided on
        await repository.append(ann, conversation.id, replace(said("x"), follows=2, decided_on=frozenset({"a"})), None)
    written = await repository.append(ann, conversation.id, replace(said("three"), follows=2), None)

    assert written[0].seq == 3
    assert await seqs(repository, ann, conversation.id) == [1, 2, 3]


async def test_an_append_that_exceeds_the_quota_is_refused_whole(
    repository: ConversationRepository, ann: OwnerId
) -> None:
    conversation, _ = await repository.create(ann, new("one", "two"), None)
    append_key, four = key(), Quotas(messages=4)

    with pytest.raises(TooManyMessagesError) as raised:
        await repository.append(ann, conversation.id, replace(said("x", "y", "z"), quotas=four), append_key)
    assert raised.value.most == 4
    assert await repository.effect(ann, append_key) is None
    with pytest.raises(StaleError):
        await repository.append(ann, conversation.id, replace(said("x", "y", "z"), quotas=four, follows=1), None)
    with pytest.raises(StateMovedError):  # it fits, but other calls are open than it was decided on
        await repository.append(ann, conversation.id, replace(said("x"), quotas=four, decided_on=frozenset("a")), None)
    with pytest.raises(ConversationNotFoundError):
        await repository.append(ann, new_id(), replace(said("x"), quotas=four), None)
    await repository.append(ann, conversation.id, replace(said("three", "four"), quotas=four), append_key)

    with pytest.raises(TooManyMessagesError):
        await repository.append(ann, conversation.id, replace(said("five"), quotas=Quotas(messages=1)), None)
    with pytest.raises((TooManyMessagesError, IdempotencyKeyTakenError)):
        await repository.append(ann, conversation.id, replace(said("three", "four"), quotas=four), append_key)
    assert await seqs(repository, ann, conversation.id) == [1, 2, 3, 4]
    await repository.append(ann, conversation.id, said("five"), None)


async def test_of_appends_at_once_as_many_are_written_as_the_quota_holds(
    repository: ConversationRepository, ann: OwnerId
) -> None:
    conversation, _ = await repository.create(ann, new("one"), None)
    decision = replace(said("x"), quotas=Quotas(messages=4))

    ended = await asyncio.gather(
        *(repository.append(ann, conversation.id, decision, None) for _ in range(10)), return_exceptions=True
    )

    assert sum(isinstance(one, TooManyMessagesError) for one in ended) == 7
    assert await seqs(repository, ann, conversation.id) == [1, 2, 3, 4]


async def test_no_conversation_is_created_beyond_the_quota(repository: ConversationRepository, ann: OwnerId) -> None:
    create_key, two = key(), Quotas(conversations=2)
    await repository.create(ann, replace(new("one"), quotas=two), None)
    last, _ = await repository.create(ann, replace(new(), quotas=two), None)

    with pytest.raises(TooManyConversationsError) as raised:
        await repository.create(ann, replace(new("x"), quotas=two), create_key)
    with pytest.raises(TooManyConversationsError):
        await repository.create(ann, replace(new(), quotas=Quotas(conversations=1)), None)

    assert raised.value.most == 2
    assert await repository.effect(ann, create_key) is None
    assert len((await repository.conversations(ann, ConversationWindow())).conversations) == 2
    await repository.delete(ann, last.id)
    await repository.create(ann, replace(new("x"), quotas=two), create_key)
    with pytest.raises((TooManyConversationsError, IdempotencyKeyTakenError)):
        await repository.create(ann, replace(new("x"), quotas=two), create_key)
    await repository.create(ann, new(), None)


async def test_only_the_owners_conversations_count(
    repository: ConversationRepository, ann: OwnerId, bob: OwnerId
) -> None:
    await repository.create(bob, new(), None)
    one = Quotas(conversations=1)
    is_refused = False

    try:
        await repository.create(ann, replace(new(), quotas=one), None)
    except TooManyConversationsError:
        is_refused = True

    assert not is_refused


async def test_a_conversation_may_begin_with_open_calls(repository: ConversationRepository, ann: OwnerId) -> None:
    call = decide_append([NewMessage(role=Role.ASSISTANT, tool_calls=[CALL])], NONE_OPEN)

    conversation, _ = await repository.create(ann, replace(new(), append=call), None)

    assert (await repository.open_calls(ann, conversation.id, None))[0] == {"call_1"}


async def test_a_key_has_one_effect(repository: ConversationRepository, ann: OwnerId) -> None:
    conversation, _ = await repository.create(ann, new("one"), None)
    append_key, create_key = key(b"append"), key(b"create")

    messages = await repository.append(ann, conversation.id, said("two", "three"), append_key)
    created, _ = await repository.create(ann, new(), create_key)

    for taken in (append_key, create_key):
        with pytest.raises(IdempotencyKeyTakenError):
            await repository.append(ann, conversation.id, said("again"), taken)
        with pytest.raises(IdempotencyKeyTakenError):
            await repository.create(ann, new("again"), taken)
    assert await seqs(repository, ann, conversation.id) == [1, 2, 3]
    assert len((await repository.conversations(ann, ConversationWindow())).conversations) == 2
    effect = await repository.effect(ann, append_key)
    assert effect is not None
    assert (effect.fingerprint, effect.conversation_id) == (b"append", conversation.id)
    assert (effect.first_seq, effect.last_seq, effect.created_at) == (2, 3, messages[0].created_at)
    assert await repository.open_calls(ann, conversation.id, append_key) == (NONE_OPEN, effect)
    empty = await repository.effect(ann, create_key)
    assert empty is not None
    assert (empty.conversation_id, empty.first_seq, empty.last_seq) == (created.id, 1, 0)


async def test_a_key_is_its_owners_and_a_steps_own(
    repository: ConversationRepository, ann: OwnerId, bob: OwnerId
) -> None:
    shared = key()

    await repository.create(ann, new(), shared)
    await repository.create(ann, new(), shared.of_step("reply"))
    await repository.create(bob, new(), shared)

    assert await repository.effect(bob, shared) != await repository.effect(ann, shared)


async def test_a_refused_write_leaves_its_key_free(repository: ConversationRepository, ann: OwnerId) -> None:
    unused = key()

    with pytest.raises(ConversationNotFoundError):
        await repository.append(ann, new_id(), said("x"), unused)

    assert await repository.effect(ann, unused) is None


async def test_a_key_outlives_the_conversation(repository: ConversationRepository, ann: OwnerId) -> None:
    used = key()
    conversation, _ = await repository.create(ann, new("x"), used)

    await repository.delete(ann, conversation.id)

    assert await repository.effect(ann, used) is not None
    with pytest.raises(IdempotencyKeyTakenError):
        await repository.create(ann, new("x"), used)


async def test_the_list_is_by_activity_and_goes_on_at_the_cursor(
    repository: ConversationRepository, ann: OwnerId, bob: OwnerId
) -> None:
    first, second, third = [(await repository.create(ann, new(name), None))[0] for name in ("1", "2", "3")]
    await repository.create(bob, new("not ann's"), None)
    await repository.append(ann, first.id, said("active"), None)

    async def listed(
        limit: int, cursor: ConversationCursor | None = None
    ) -> tuple[list[ConversationId], ConversationCursor | None]:
        page = await repository.conversations(ann, ConversationWindow(limit=limit, cursor=cursor))
        return [one.id for one in page.conversations], page.next_cursor

    first = await repository.conversation(ann, first.id)
    after_first, after_third = (ConversationCursor(one.updated_at, one.id) for one in (first, third))
    assert await listed(3) == ([first.id, third.id, second.id], None)
    assert await listed(1) == ([first.id], after_first)
    assert await listed(1, after_first) == ([third.id], after_third)
    assert await listed(1, after_third) == ([second.id], None)
    assert await listed(3, after_third) == ([second.id], None)
    assert await listed(1, ConversationCursor(second.updated_at, second.id)) == ([], None)


async def test_conversations_of_the_same_instant_are_listed_by_id(
    repository: ConversationRepository, ann: OwnerId
) -> None:
    one, _ = await repository.create(ann, new("x"), None)
    around = [ConversationId(UUID(int=one.id.int + step)) for step in (-1, 0, 1)]

    seen = [
        [found.id for found in (await repository.conversations(ann, ConversationWindow(cursor=cursor))).conversations]
        for cursor in (ConversationCursor(one.updated_at, place) for place in around)
    ]

    assert seen == [[], [], [one.id]]


async def test_archived_ones_are_listed_apart(repository: ConversationRepository, ann: OwnerId) -> None:
    kept, _ = await repository.create(ann, new("kept"), None)
    away, _ = await repository.create(ann, new("away"), None)
    await repository.update(ann, away.id, ConversationPatch(archived=True).decide(None))

    shown = await repository.conversations(ann, ConversationWindow())
    archived = await repository.conversations(ann, ConversationWindow(archived=True))

    assert [[one.id for one in page.conversations] for page in (shown, archived)] == [[kept.id], [away.id]]


async def test_every_window_shows_the_right_messages(repository: ConversationRepository, ann: OwnerId) -> None:
    for count in (0, 1, 7):
        wanted = new(*(str(n) for n in range(1, count + 1))) if count else new()
        conversation, _ = await repository.create(ann, wanted, None)
        everything = list(range(1, count + 1))

        async def shown(limit: int, **anchor: int) -> list[int]:
            window = MessageWindow(limit=limit, **anchor)
            page = await repository.messages(ann, conversation.id, window)  # noqa: B023 - called in this turn
            shown = [message.seq for message in page.messages]
            assert page.conversation == conversation  # noqa: B023 - as above
            if shown:
                assert page.has_more_before is (shown[0] > 1)
                assert page.has_more_after is (shown[-1] < count)  # noqa: B023 - as above
            else:  # nothing lies on this side of the anchor, so all there is lies on the other
                assert page.has_more_before is (window.after is not None and count > 0)  # noqa: B023 - as above
                assert page.has_more_after is (window.before is not None and count > 0)  # noqa: B023 - as above
            return shown

        for limit in (1, 2, 3, 6, 7, 8):
            assert await shown(limit) == everything[-limit:]
            for anchor in range(count + 3):
                before = [seq for seq in everything if seq < anchor][-limit:]
                after = [seq for seq in everything if seq > anchor][:limit]
                first = max(1, min(anchor - limit // 2, count - limit + 1))
                assert await shown(limit, before=anchor) == before
                assert await shown(limit, after=anchor) == after
                assert await shown(limit, around=anchor) == everything[first - 1 : first - 1 + limit]
        for far in (2**32 - 1,):
            assert await shown(3, before=far) == everything[-3:]
            assert await shown(3, after=far) == []
            assert await shown(3, around=far) == everything[-3:]


async def test_messages_before_a_seq_are_counted(
    repository: ConversationRepository, ann: OwnerId, bob: OwnerId
) -> None:
    conversation, _ = await repository.create(ann, new("one", "two", "three"), None)

    assert [await repository.count_before(ann, conversation.id, seq) for seq in (0, 1, 3, 99)] == [0, 0, 2, 3]
    assert await repository.count_before(bob, conversation.id, 99) == 0
    assert await repository.count_before(ann, new_id(), 99) == 0


async def test_of_long_messages_only_those_nearest_to_the_anchor_are_shown(
    repository: ConversationRepository, ann: OwnerId
) -> None:
    long = "x" * (MAX_PAGE_BYTES // 4 - 4)  # with its quotes and its metadata, four of them just fit
    conversation, _ = await repository.create(ann, new(*[long] * 9), None)
    await repository.append(ann, conversation.id, said("short"), None)

    async def shown(**anchor: int) -> list[int]:
        page = await repository.messages(ann, conversation.id, MessageWindow(**anchor))
        assert page.conversation.last_seq == 10
        return [message.seq for message in page.messages]

    assert await shown() == [7, 8, 9, 10]
    assert await shown(before=10) == [6, 7, 8, 9]
    assert await shown(before=3) == [1, 2]
    assert await shown(after=0) == [1, 2, 3, 4]
    assert await shown(after=7) == [8, 9, 10]
    assert await shown(around=5) == [3, 4, 5, 6]
    assert await shown(around=2**32 - 1) == [7, 8, 9, 10]
    for limit in (1, 2):
        assert await shown(limit=limit, before=10) == [8, 9][-limit:]

    items = [NewMessage(role=Role.ASSISTANT, item={"type": "x", "text": "x" * (MAX_PAGE_BYTES // 5)})] * 6
    await repository.append(ann, conversation.id, decide_append(items, None), None)
    page = await repository.messages(ann, conversation.id, MessageWindow())
    assert [message.seq for message in page.messages] == [13, 14, 15, 16]
    assert (page.has_more_before, page.has_more_after) == (True, False)


async def test_one_message_is_found_by_its_seq(repository: ConversationRepository, ann: OwnerId) -> None:
    conversation, messages = await repository.create(ann, new("one", "two"), None)

    assert await repository.message(ann, conversation.id, 2) == messages[1]
    for seq in (0, 3, 2**32 - 1):
        with pytest.raises(MessageNotFoundError):
            await repository.message(ann, conversation.id, seq)


async def test_a_change_leaves_what_it_does_not_mention(repository: ConversationRepository, ann: OwnerId) -> None:
    before, _ = await repository.create(ann, new("auto", metadata=make_metadata({"a": 1})), None)

    titled = await repository.update(ann, before.id, ConversationPatch(title="given").decide(None))
    marked = await repository.update(ann, before.id, ConversationPatch(metadata={"b": 2}).decide(titled.metadata))
    archived = await repository.update(ann, before.id, ConversationPatch(archived=True).decide(None))
    again = await repository.update(ann, before.id, ConversationPatch(archived=True).decide(None))
    renamed = await repository.update(ann, before.id, ConversationPatch(title="other").decide(None))
    back = await repository.update(ann, before.id, ConversationPatch(archived=False, title=None).decide(None))

    assert titled == replace(before, title="given", title_is_auto=False)
    assert marked.metadata.value == {"a": 1, "b": 2}
    assert (marked.title, marked.updated_at) == ("given", before.updated_at)
    assert archived.archived
    assert again == archived
    assert renamed == replace(archived, title="other")
    assert (back.archived, back.title, back.title_is_auto) == (False, None, False)
    assert back == await repository.conversation(ann, before.id)


async def test_a_change_decided_on_other_metadata_is_not_written(
    repository: ConversationRepository, ann: OwnerId
) -> None:
    before, _ = await repository.create(ann, new(metadata=make_metadata({"a": 1})), None)
    change = ConversationPatch(title="x", metadata={"b": 2}).decide(JsonText('{"a":0}'))

    with pytest.raises(StateMovedError):
        await repository.update(ann, before.id, change)

    assert await repository.conversation(ann, before.id) == before


async def test_a_deleted_conversation_is_gone_with_its_messages(
    repository: ConversationRepository, ann: OwnerId
) -> None:
    conversation, _ = await repository.create(ann, new("x"), None)

    await repository.delete(ann, conversation.id)

    for missing in calls_on(repository, ann, conversation.id):
        with pytest.raises(NotFoundError):
            await missing()
    assert (await repository.conversations(ann, ConversationWindow())).conversations == ()


async def test_a_strangers_conversation_is_as_one_that_does_not_exist(
    repository: ConversationRepository, ann: OwnerId, bob: OwnerId
) -> None:
    conversation, messages = await repository.create(ann, new("secret"), None)

    for foreign, missing in zip(
        calls_on(repository, bob, conversation.id), calls_on(repository, bob, new_id()), strict=True
    ):
        with pytest.raises(NotFoundError) as not_his:
            await foreign()
        with pytest.raises(NotFoundError) as not_there:
            await missing()
        assert (type(not_his.value), str(not_his.value)) == (type(not_there.value), str(not_there.value))

    assert await repository.messages(ann, conversation.id, MessageWindow()) == page_of(conversation, messages)


async def test_the_same_id_may_belong_to_two_owners(
    repository: ConversationRepository, ann: OwnerId, bob: OwnerId
) -> None:
    wanted = new("ann's")
    await repository.create(ann, wanted, None)

    await repository.create(bob, replace(wanted, append=said("bob's")), None)
    await repository.delete(bob, wanted.id)

    assert await seqs(repository, ann, wanted.id) == [1]


def calls_on(
    repository: ConversationRepository, owner: OwnerId, conversation_id: ConversationId
) -> list[Callable[[], Awaitable[object]]]:
    """Every method that takes a conversation's id."""
    patch = ConversationPatch(title="stolen").decide(None)
    return [
        lambda: repository.append(owner, conversation_id, said("x"), None),
        lambda: repository.append(owner, conversation_id, replace(said("x"), decided_on=NONE_OPEN), None),
        lambda: repository.append(owner, conversation_id, replace(said("x"), follows=0), None),
        lambda: repository.open_calls(owner, conversation_id, None),
        lambda: repository.conversation(owner, conversation_id),
        lambda: repository.messages(owner, conversation_id, MessageWindow()),
        lambda: repository.messages(owner, conversation_id, MessageWindow(after=0)),
        lambda: repository.messages(owner, conversation_id, MessageWindow(before=5)),
        lambda: repository.messages(owner, conversation_id, MessageWindow(around=1)),
        lambda: repository.message(owner, conversation_id, 1),
        lambda: repository.update(owner, conversation_id, patch),
        lambda: repository.delete(owner, conversation_id),
    ]
