"""The contract of the reply log: the sentences of its port, for every implementation."""

import asyncio
import secrets
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database
from adapters.postgres.reply_log import PostgresReplyLog
from domain.append import decide_append
from domain.conversation import NewConversation
from domain.errors import (
    ConversationExistsError,
    ConversationNotFoundError,
    IdempotencyKeyTakenError,
    NotFoundError,
    ReplyLostError,
    ReplyRewoundError,
    ReplyRunningError,
    StaleError,
    StateMovedError,
)
from domain.idempotency import IdempotencyKey
from domain.identifiers import OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.message import NewMessage, Status, in_progress
from domain.quotas import Quotas, TooManyConversationsError, TooManyMessagesError
from domain.removal import Removal
from domain.reply import Batch, KeptReply, ReplyAddress, StepEnd
from domain.reply_events import (
    FinishReason,
    ReasoningDelta,
    ReplyEvent,
    ReplyFinished,
    StepFinished,
    TextDelta,
    ToolCallDelta,
    ToolCallReady,
    ToolCallStarted,
    ToolResult,
)
from domain.roles import Role
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.reply_log import InMemoryReplyLog
from tests.support.reply_logs import World, new_conversation, said

HELLO: list[ReplyEvent] = [TextDelta("Hel"), TextDelta("lo")]
EVERYTHING: list[ReplyEvent] = [
    ReasoningDelta("so "),
    ReasoningDelta("be it\0"),
    TextDelta("Hä"),
    TextDelta(""),
    TextDelta("llo \N{GRINNING FACE}"),
    ToolCallStarted("a", "f"),
    ToolCallStarted("b", "f"),
    ToolCallDelta("a", "{"),
    ToolCallDelta("b", "{"),
    ToolCallDelta("b", "}"),
    ToolCallReady("a"),
    ToolCallReady("b"),
    ToolResult("a", "1"),
    ToolResult("b", "2"),
    StepFinished(),
    ReplyFinished(reason=FinishReason.LENGTH, input_tokens=3, output_tokens=None),
]
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
SAID = StepEnd(message=NewMessage(role=Role.ASSISTANT, content="Hello"))
CALLED = StepEnd(
    message=NewMessage(role=Role.ASSISTANT, content="Well", tool_calls=[CALL]),
    results=(NewMessage(role=Role.TOOL, tool_call_id="a", content="1"),),
    runs_on=True,
)


@pytest.fixture(params=["in memory", "PostgreSQL"])
def world(request: pytest.FixtureRequest, database: Database) -> World:
    ann = OwnerId(f"ann-{secrets.token_hex(6)}")
    if request.param == "in memory":
        conversations = InMemoryConversationRepository()
        return World(InMemoryReplyLog(conversations), conversations, ann)
    return World(PostgresReplyLog(database), PostgresConversationRepository(database), ann)


def key() -> IdempotencyKey:
    return IdempotencyKey(key=secrets.token_hex(8), fingerprint=b"f")


async def test_a_reply_begins_after_its_turn(world: World) -> None:
    new = new_conversation("Hi")
    await world.conversations.create(world.ann, new, None)

    written = await world.log.begin(world.ann, new.id, said("How are you?"), None)

    assert [(one.seq, one.role, one.status) for one in written] == [
        (2, Role.USER, Status.COMPLETED),
        (3, Role.ASSISTANT, Status.IN_PROGRESS),
    ]
    reply = ReplyAddress(world.ann, new.id, 3)
    assert await world.all(reply) == [*(await world.all(reply))[:1], *written]
    assert (await world.history(reply))[-1] == (3, "assistant", "", Status.IN_PROGRESS)
    recorded = await world.log.running(world.ann, new.id)
    assert recorded is not None
    assert (recorded.address, recorded.is_running, recorded.last_seq, recorded.turn) == (reply, True, 3, 2)
    assert recorded.batches == (Batch(0, ()),)
    assert timedelta() <= recorded.silence < timedelta(minutes=5)


async def test_a_reply_begins_with_its_conversation(world: World) -> None:
    reply = await world.begin("Hi", "How are you?")

    assert reply.seq == 3
    assert [seq for seq, *_ in await world.history(reply)] == [1, 2, 3]
    conversation = await world.conversations.conversation(world.ann, reply.conversation_id)
    assert (conversation.title, conversation.title_is_auto, conversation.last_seq) == ("Hi", True, 3)


async def test_a_turn_gives_a_title_to_a_conversation_that_has_none(world: World) -> None:
    new = NewConversation(id=new_conversation("x").id, title=None, metadata=EMPTY_OBJECT, append=None)
    await world.conversations.create(world.ann, new, None)

    await world.log.begin(world.ann, new.id, said("How are you?"), None)

    assert (await world.conversations.conversation(world.ann, new.id)).title == "How are you?"


async def test_a_turn_closes_what_was_open(world: World) -> None:
    new = new_conversation("Hi")
    await world.conversations.create(world.ann, new, None)
    call = NewMessage(role=Role.ASSISTANT, tool_calls=[CALL])
    await world.conversations.append(world.ann, new.id, decide_append([call], frozenset()), None)

    await world.log.begin(world.ann, new.id, said("Never mind"), None)

    assert await world.conversations.open_calls(world.ann, new.id, None) == (frozenset(), None)


async def test_a_turn_is_written_on_the_state_that_it_was_decided_on(world: World) -> None:
    reply = await world.begin()
    place = reply.conversation_id
    await world.log.advance(reply, 1, [], StepEnd(message=CALLED.message), seq=2)
    answer = NewMessage(role=Role.TOOL, tool_call_id="a", content="1")
    decided = decide_append([answer], frozenset({"a"}), follows=2)
    await world.conversations.append(world.ann, place, said("Never mind"), None)

    with pytest.raises(StateMovedError):
        await world.log.begin(world.ann, place, replace(decided, follows=None), None)
    with pytest.raises(StaleError) as stale:
        await world.log.begin(world.ann, place, replace(decided, decided_on=None), None)

    assert stale.value.last_seq == 3
    assert len(await world.history(reply)) == 3


async def test_a_reply_begins_after_the_result_of_a_call(world: World) -> None:
    reply = await world.begin()
    await world.log.advance(reply, 1, [], StepEnd(message=CALLED.message), seq=2)
    answer = NewMessage(role=Role.TOOL, tool_call_id="a", content="1")
    turn = decide_append([answer], frozenset({"a"}), follows=2)

    written = await world.log.begin(world.ann, reply.conversation_id, turn, turn_key := key())

    assert [(one.seq, one.role) for one in written] == [(3, Role.TOOL), (4, Role.ASSISTANT)]
    assert (await world.conversations.open_calls(world.ann, reply.conversation_id, None))[0] == set()
    with pytest.raises(IdempotencyKeyTakenError):
        await world.log.begin(world.ann, reply.conversation_id, turn, turn_key)
    await world.log.advance(reply._replace(seq=4), 1, HELLO, StepEnd(message=SAID.message), seq=4)
    await world.log.begin_again(world.ann, reply.conversation_id, turn=3, last_seq=4)
    assert [one[0] for one in await world.history(reply)] == [1, 2, 3, 5]


async def test_a_key_has_the_turn_as_its_effect_and_has_it_once(world: World) -> None:
    turn_key = key()
    reply = await world.begin(key=turn_key)

    effect = await world.conversations.effect(world.ann, turn_key)
    assert effect is not None
    assert (effect.conversation_id, effect.first_seq, effect.last_seq) == (reply.conversation_id, 1, 1)
    with pytest.raises(IdempotencyKeyTakenError):
        await world.log.begin(world.ann, reply.conversation_id, said("again"), turn_key)
    with pytest.raises(IdempotencyKeyTakenError):
        await world.log.begin_conversation(world.ann, new_conversation("again"), turn_key)
    await world.log.advance(reply, 1, HELLO, SAID, seq=2)
    with pytest.raises(IdempotencyKeyTakenError):
        await world.log.begin(world.ann, reply.conversation_id, said("again"), turn_key)
    assert len(await world.history(reply)) == 2


async def test_a_turn_begins_only_if_there_is_a_place_for_its_reply(world: World) -> None:
    new, turn_key, three = new_conversation("Hi"), key(), Quotas(messages=3)
    await world.conversations.create(world.ann, new, None)

    for too_long in (replace(said("How", "are you?"), quotas=three), replace(said("How?"), quotas=Quotas(messages=2))):
        with pytest.raises(TooManyMessagesError):
            await world.log.begin(world.ann, new.id, too_long, turn_key)
    with pytest.raises(StaleError):
        await world.log.begin(world.ann, new.id, replace(said("How?"), quotas=Quotas(messages=1), follows=7), None)
    assert await world.log.running(world.ann, new.id) is None
    assert await world.conversations.effect(world.ann, turn_key) is None
    fitting = replace(said("How are you?"), quotas=three)
    written = await world.log.begin(world.ann, new.id, fitting, turn_key)

    assert [one.seq for one in written] == [2, 3]
    await world.log.advance(ReplyAddress(world.ann, new.id, 3), 1, HELLO, SAID, seq=3)
    with pytest.raises(IdempotencyKeyTakenError):
        await world.log.begin(world.ann, new.id, fitting, turn_key)
    with pytest.raises(TooManyMessagesError):
        await world.log.begin(world.ann, new.id, fitting, None)


async def test_no_conversation_is_begun_beyond_the_quota(world: World) -> None:
    one, turn_key = Quotas(conversations=1), key()
    first = replace(new_conversation("Hi"), quotas=one)
    await world.log.begin_conversation(world.ann, first, turn_key)

    refused, unused = replace(new_conversation("Hi"), quotas=one), key()
    with pytest.raises(TooManyConversationsError) as raised:
        await world.log.begin_conversation(world.ann, refused, unused)
    with pytest.raises((TooManyConversationsError, IdempotencyKeyTakenError)):
        await world.log.begin_conversation(world.ann, refused, turn_key)
    with pytest.raises((TooManyConversationsError, ConversationExistsError)):
        await world.log.begin_conversation(world.ann, first, None)

    assert raised.value.most == 1
    assert await world.conversations.effect(world.ann, unused) is None
    with pytest.raises(ConversationNotFoundError):
        await world.conversations.conversation(world.ann, refused.id)


async def test_only_the_owners_conversations_count(world: World) -> None:
    await world.log.begin_conversation(OwnerId(f"bob-{world.ann}"), new_conversation("Hi"), None)
    one = Quotas(conversations=1)
    is_refused = False

    try:
        await world.log.begin_conversation(world.ann, replace(new_conversation("Hi"), quotas=one), None)
    except TooManyConversationsError:
        is_refused = True

    assert not is_refused


async def test_a_conversation_is_begun_once(world: World) -> None:
    new = new_conversation("Hi")
    await world.log.begin_conversation(world.ann, new, None)

    with pytest.raises(ConversationExistsError):
        await world.log.begin_conversation(world.ann, new, None)


async def test_two_owners_may_have_a_conversation_of_one_id(world: World) -> None:
    new = new_conversation("Hi")
    await world.log.begin_conversation(world.ann, new, None)

    await world.log.begin_conversation(OwnerId(f"bob-{world.ann}"), new, None)

    assert len(await world.all(ReplyAddress(world.ann, new.id, 2))) == 2


async def test_while_a_reply_runs_nobody_else_appends(world: World) -> None:
    reply = await world.begin()

    with pytest.raises(ReplyRunningError):
        await world.log.begin(world.ann, reply.conversation_id, said("more"), None)
    with pytest.raises(ReplyRunningError):
        await world.conversations.append(world.ann, reply.conversation_id, said("more"), key())
    with pytest.raises(StateMovedError):
        await world.log.begin_again(world.ann, reply.conversation_id, turn=1, last_seq=2)
    assert [seq for seq, *_ in await world.history(reply)] == [1, 2]


async def test_a_stranger_has_no_reply(world: World) -> None:
    reply = await world.begin()
    stranger = reply._replace(owner_id=OwnerId(f"bob-{world.ann}"))

    for attempt in (
        lambda: world.log.begin(stranger.owner_id, reply.conversation_id, said("x"), None),
        lambda: world.log.begin_again(stranger.owner_id, reply.conversation_id, turn=1, last_seq=2),
        lambda: world.log.request_stop(stranger.owner_id, reply.conversation_id),
        lambda: world.log.running(stranger.owner_id, reply.conversation_id),
    ):
        with pytest.raises(ConversationNotFoundError):
            await attempt()
    with pytest.raises(ReplyLostError):
        await world.log.write(stranger, 1, HELLO)
    with pytest.raises(ReplyLostError):
        await world.log.advance(stranger, 1, HELLO, SAID, seq=2)
    await world.log.forget(stranger)
    assert await world.log.recorded(stranger) is None
    assert [*await world.log.news(stranger, 0)] == []
    assert await world.log.write(reply, 1, HELLO) is False
    await world.log.advance(reply, 2, [], SAID, seq=2)
    await world.log.forget(stranger)
    assert await world.log.recorded(reply) is not None
    with pytest.raises(ConversationNotFoundError):
        await world.log.begin(stranger.owner_id, reply.conversation_id, said("x"), None)
    with pytest.raises(ConversationNotFoundError):
        await world.log.begin_again(stranger.owner_id, reply.conversation_id, turn=1, last_seq=2)


async def test_every_event_reads_back_as_it_was_written(world: World) -> None:
    reply = await world.begin()

    await world.log.write(reply, 1, EVERYTHING)
    await world.log.write(reply, 2, [])

    recorded = await world.log.recorded(reply)
    assert recorded is not None
    assert recorded.batches == (Batch(0, ()), Batch(1, tuple(EVERYTHING)), Batch(2, ()))
    assert [*await world.log.news(reply, 1)] == [*recorded.batches[1:]]
    assert [*await world.log.news(reply, 3)] == []


async def test_many_replies_are_written_and_followed_at_once(world: World) -> None:
    replies = [await world.begin() for _ in range(20)]
    ended, deleted = replies[3], replies[5]
    await world.log.advance(ended, 1, HELLO, SAID, seq=2)
    await world.conversations.delete(world.ann, deleted.conversation_id)

    results = await asyncio.gather(
        *(world.log.write(reply, 1, [TextDelta(str(place))]) for place, reply in enumerate(replies)),
        return_exceptions=True,
    )
    news = await asyncio.gather(*(world.log.news(reply, 1) for reply in replies))

    assert [place for place, one in enumerate(results) if isinstance(one, ReplyLostError)] == [3, 5]
    assert [one for place, one in enumerate(results) if place not in (3, 5)] == [False] * 18
    for place, batches in enumerate(news):
        expected = {3: [Batch(1, tuple(HELLO))], 5: []}.get(place, [Batch(1, (TextDelta(str(place)),))])
        assert [*batches] == expected


async def test_news_come_in_parts(world: World) -> None:
    reply = await world.begin()
    for number in range(1, 131):
        await world.log.write(reply, number, [])

    assert [one.number for one in await world.log.news(reply, 0)] == [*range(100)]
    assert [one.number for one in await world.log.news(reply, 100)] == [*range(100, 131)]


async def test_a_number_is_written_once(world: World) -> None:
    reply = await world.begin()
    await world.log.write(reply, 1, HELLO)

    assert await world.log.write(reply, 1, HELLO) is False
    with pytest.raises(ReplyLostError):
        await world.log.write(reply, 1, [TextDelta("other")])
    with pytest.raises(ReplyLostError):
        await world.log.advance(reply, 1, [TextDelta("other")], SAID, seq=2)
    with pytest.raises(ReplyRewoundError) as raised:
        await world.log.write(reply, 3, HELLO)
    assert raised.value.number == 2
    with pytest.raises(ReplyRewoundError):
        await world.log.advance(reply, 3, HELLO, SAID, seq=2)
    assert (await world.history(reply))[-1][-1] is Status.IN_PROGRESS


async def test_a_step_ends_and_the_next_begins(world: World) -> None:
    reply = await world.begin()

    await world.log.advance(reply, 1, EVERYTHING[:-1], CALLED, seq=2)

    assert await world.history(reply) == [
        (1, "user", "Hi", Status.COMPLETED),
        (2, "assistant", "Well", Status.COMPLETED),
        (3, "tool", "1", Status.COMPLETED),
        (4, "assistant", "", Status.IN_PROGRESS),
    ]
    assert (await world.all(reply))[1].tool_calls is not None
    recorded = await world.log.running(world.ann, reply.conversation_id)
    assert recorded is not None
    assert (recorded.address, recorded.last_seq) == (reply, 4)
    await world.log.advance(reply, 2, HELLO, SAID, seq=4)
    assert (await world.history(reply))[-1] == (4, "assistant", "Hello", Status.COMPLETED)
    assert await world.log.running(world.ann, reply.conversation_id) is None


async def test_a_reply_ends_once(world: World) -> None:
    reply, reply_key = await world.begin(), key()
    end = StepEnd(message=NewMessage(role=Role.ASSISTANT, content="Hel", status=Status.INCOMPLETE))

    outcomes = await asyncio.gather(
        world.log.advance(reply, 1, HELLO, SAID, seq=2, key=reply_key),
        *(world.log.advance(reply, 1, [*HELLO[:1], ReplyFinished(output_tokens=n)], end, seq=2) for n in range(5)),
        return_exceptions=True,
    )

    assert sorted(str(type(one).__name__) for one in outcomes) == ["NoneType", *["ReplyLostError"] * 5]
    won = outcomes[0] is None
    assert (await world.history(reply))[-1][2:] == (("Hello", Status.COMPLETED) if won else ("Hel", Status.INCOMPLETE))
    assert ((await world.conversations.effect(world.ann, reply_key)) is not None) is won


async def test_to_end_it_again_is_no_error(world: World) -> None:
    reply, reply_key = await world.begin(), key()

    for _ in range(2):
        await world.log.advance(reply, 1, HELLO, SAID, seq=2, key=reply_key)

    effect = await world.conversations.effect(world.ann, reply_key)
    assert effect is not None
    assert (effect.first_seq, effect.last_seq) == (2, 2)


async def test_the_key_of_a_reply_has_all_its_messages_as_its_effect(world: World) -> None:
    reply, reply_key = await world.begin(), key()
    await world.log.advance(reply, 1, EVERYTHING[:-1], CALLED, seq=2)

    await world.log.advance(reply, 2, HELLO, SAID, seq=4, key=reply_key)

    effect = await world.conversations.effect(world.ann, reply_key)
    assert effect is not None
    assert (effect.first_seq, effect.last_seq) == (2, 4)


async def test_what_has_ended_is_not_written_to(world: World) -> None:
    reply = await world.begin()
    await world.log.advance(reply, 1, HELLO, SAID, seq=2)

    with pytest.raises(ReplyLostError):
        await world.log.write(reply, 2, HELLO)
    with pytest.raises(ReplyLostError):
        await world.log.advance(reply, 2, HELLO, CALLED, seq=2)
    await world.log.begin(world.ann, reply.conversation_id, said("more"), None)
    with pytest.raises(ReplyLostError):
        await world.log.write(reply, 2, HELLO)
    assert [one[2] for one in await world.history(reply)] == ["Hi", "Hello", "more", ""]


async def test_a_step_leaves_the_calls_open_that_have_no_result(world: World) -> None:
    reply = await world.begin()
    end = StepEnd(message=CALLED.message)

    await world.log.advance(reply, 1, HELLO, end, seq=2)

    assert await world.conversations.open_calls(world.ann, reply.conversation_id, None) == (frozenset({"a"}), None)


async def test_of_a_deleted_conversation_nothing_is_left(world: World) -> None:
    reply = await world.begin()
    await world.log.write(reply, 1, HELLO)

    await world.conversations.delete(world.ann, reply.conversation_id)

    assert await world.log.recorded(reply) is None
    assert not await world.log.news(reply, 0)
    with pytest.raises(ReplyLostError):
        await world.log.write(reply, 2, HELLO)
    with pytest.raises(ReplyLostError):
        await world.log.advance(reply, 2, HELLO, SAID, seq=2)


async def test_a_writer_learns_that_it_is_to_stop(world: World) -> None:
    reply = await world.begin()

    assert await world.log.request_stop(world.ann, reply.conversation_id) == reply

    assert await world.log.write(reply, 1, HELLO) is True
    await world.log.advance(reply, 2, [], SAID, seq=2)
    assert await world.log.request_stop(world.ann, reply.conversation_id) is None
    await world.log.begin(world.ann, reply.conversation_id, said("more"), None)
    assert await world.log.write(reply._replace(seq=4), 1, HELLO) is False


async def test_the_key_of_a_turn_is_told(world: World) -> None:
    turn_key = key()
    keyed, other = await world.begin("Hi", "there", key=turn_key), await world.begin()

    keys = []
    for reply in (keyed, other):
        recorded = await world.log.recorded(reply)
        assert recorded is not None
        keys.append(await world.log.turn_key(recorded))
        strangers = replace(recorded, address=reply._replace(owner_id=OwnerId("bob")))
        assert await world.log.turn_key(strangers) is None

    assert keys == [turn_key, None]


async def test_a_failed_reply_is_asked_for_again(world: World) -> None:
    reply = await world.begin()
    await world.log.advance(reply, 1, EVERYTHING[:-1], CALLED, seq=2)
    failed = StepEnd(message=NewMessage(role=Role.ASSISTANT, content="", tool_calls=[CALL], status=Status.INCOMPLETE))
    await world.log.advance(reply, 2, [], failed, seq=4)

    for last_seq in (3, 5):
        with pytest.raises(StateMovedError):
            await world.log.begin_again(world.ann, reply.conversation_id, turn=1, last_seq=last_seq)
    again = await world.log.begin_again(world.ann, reply.conversation_id, turn=1, last_seq=4)

    assert (again.seq, again.status) == (5, Status.IN_PROGRESS)
    kept = [(one.seq, one.status) for one in await world.all(reply)]
    assert kept == [(1, Status.COMPLETED), (5, Status.IN_PROGRESS)]
    assert await world.conversations.open_calls(world.ann, reply.conversation_id, None) == (frozenset(), None)
    assert await world.log.write(reply._replace(seq=5), 1, HELLO) is False


async def test_a_reply_that_is_asked_for_again_removes_no_message_but_its_own(world: World) -> None:
    reply = await world.begin()
    await world.log.advance(reply, 1, HELLO, SAID, seq=2)
    await world.conversations.append(world.ann, reply.conversation_id, said("more"), None)
    other = NewMessage(role=Role.ASSISTANT, content="not of a reply", status=Status.INCOMPLETE)
    await world.conversations.append(world.ann, reply.conversation_id, decide_append([other], None), None)

    await world.log.begin_again(world.ann, reply.conversation_id, turn=1, last_seq=4)

    assert [(one.seq, one.content and one.content.value) for one in await world.all(reply)] == [
        (1, "Hi"),
        (3, "more"),
        (4, "not of a reply"),
        (5, ""),
    ]
    recorded = await world.log.running(world.ann, reply.conversation_id)
    assert recorded is not None
    assert (recorded.address.seq, recorded.turn) == (5, 1)


async def test_the_log_goes_with_any_message_that_is_removed(world: World) -> None:
    reply = await world.begin()
    await world.log.advance(reply, 1, HELLO, SAID, seq=2)
    assert await world.log.recorded(reply) is not None

    await world.conversations.remove(world.ann, reply.conversation_id, Removal(seqs=(2,)))

    assert await world.log.recorded(reply) is None
    (user_message,) = await world.all(reply)
    (again, *_) = await world.log.begin(world.ann, reply.conversation_id, said("more"), None)
    assert (user_message.seq, again.seq) == (1, 3)
    assert await world.log.recorded(reply._replace(seq=4)) is not None


async def test_a_reply_is_not_asked_for_again_while_a_call_of_somebody_else_is_open(world: World) -> None:
    reply = await world.begin()
    await world.log.advance(reply, 1, [], StepEnd(message=CALLED.message), seq=2)
    others = NewMessage(role=Role.ASSISTANT, tool_calls=[{**CALL, "id": "b"}])
    await world.conversations.append(world.ann, reply.conversation_id, decide_append([others], frozenset({"a"})), None)

    with pytest.raises(StateMovedError):
        await world.log.begin_again(world.ann, reply.conversation_id, turn=1, last_seq=3)

    result = NewMessage(role=Role.TOOL, tool_call_id="b", content="2")
    await world.conversations.append(
        world.ann, reply.conversation_id, decide_append([result], frozenset({"a", "b"})), None
    )
    again = await world.log.begin_again(world.ann, reply.conversation_id, turn=1, last_seq=4)
    assert again.seq == 5


TAGGED = in_progress({"a": "b"})


async def test_a_reply_keeps_the_metadata_that_it_began_with(world: World) -> None:
    new = new_conversation("Hi")
    place = new.id

    first = await world.log.begin_conversation(world.ann, new, None, placeholder=TAGGED)
    reply = ReplyAddress(world.ann, place, 2)
    await world.log.advance(reply, 1, HELLO, SAID, seq=2)
    second = await world.log.begin(world.ann, place, said("more"), None, placeholder=TAGGED)
    await world.log.advance(reply._replace(seq=4), 1, HELLO, SAID, seq=4)
    third = await world.log.begin_again(world.ann, place, turn=3, last_seq=4, placeholder=TAGGED)

    assert [one.metadata.value for one in (first[-1], second[-1], third)] == [{"a": "b"}] * 3
    kept = [(one.seq, one.metadata.value) for one in await world.all(reply)]
    assert kept == [(1, {}), (2, {"a": "b"}), (3, {}), (5, {"a": "b"})]


async def test_a_reply_is_found_by_its_messages(world: World) -> None:
    new = new_conversation("Hi")
    begun = await world.log.begin_conversation(world.ann, new, None, placeholder=TAGGED)
    reply = ReplyAddress(world.ann, new.id, 2)

    ends = [await world.log.find(reply)]
    await world.log.advance(reply, 1, EVERYTHING[:-1], CALLED, seq=2)
    ends.append(await world.log.find(reply))
    await world.log.advance(reply, 2, HELLO, SAID, seq=4)
    await world.log.forget(reply)
    ends.append(await world.log.find(reply))
    other = NewMessage(role=Role.ASSISTANT, content="not of the reply")
    await world.conversations.append(world.ann, new.id, decide_append([other], None), None)
    await world.log.begin(world.ann, new.id, said("more"), None)
    ends.append(await world.log.find(reply))

    kept = KeptReply(address=reply, last_seq=2, metadata=TAGGED.metadata_json, begun_at=begun[-1].created_at)
    assert ends == [kept, replace(kept, last_seq=4), replace(kept, last_seq=4), replace(kept, last_seq=4)]
    second = await world.log.find(reply._replace(seq=7))
    assert second is not None
    assert (second.last_seq, second.metadata) == (7, EMPTY_OBJECT)


async def test_what_is_no_reply_is_not_found(world: World) -> None:
    reply = await world.begin()
    await world.log.advance(reply, 1, EVERYTHING[:-1], CALLED, seq=2)
    await world.log.advance(reply, 2, HELLO, SAID, seq=4)
    other = NewMessage(role=Role.ASSISTANT, content="not of a reply")
    await world.conversations.append(world.ann, reply.conversation_id, decide_append([other], None), None)

    for seq in (1, 3, 5, 6):
        assert await world.log.find(reply._replace(seq=seq)) is None
        with pytest.raises(NotFoundError):
            await world.log.dissolve(reply._replace(seq=seq))
    await world.conversations.remove(world.ann, reply.conversation_id, Removal(seqs=(2, 3)))
    assert await world.log.find(reply) is None


async def test_a_dissolved_reply_leaves_its_messages(world: World) -> None:
    new = new_conversation("Hi")
    await world.log.begin_conversation(world.ann, new, None, placeholder=TAGGED)
    reply, other = ReplyAddress(world.ann, new.id, 2), ReplyAddress(world.ann, new.id, 6)
    with pytest.raises(ReplyRunningError):
        await world.log.dissolve(reply)
    assert await world.log.recorded(reply) is not None
    await world.log.advance(reply, 1, EVERYTHING[:-1], CALLED, seq=2)
    await world.log.advance(reply, 2, HELLO, SAID, seq=4)
    await world.log.begin(world.ann, new.id, said("more"), None)
    before = await world.history(reply)

    await world.log.dissolve(reply)

    assert await world.history(reply) == before
    assert [one.metadata.value for one in await world.all(reply)] == [{}] * 6
    assert (await world.log.find(reply), await world.log.recorded(reply)) == (None, None)
    assert await world.log.find(other) is not None
    with pytest.raises(NotFoundError):
        await world.log.dissolve(reply)


async def test_a_strangers_reply_is_as_one_that_does_not_exist(world: World) -> None:
    reply = await world.begin()
    await world.log.advance(reply, 1, HELLO, SAID, seq=2)
    stranger = reply._replace(owner_id=OwnerId(f"bob-{world.ann}"))

    assert await world.log.find(stranger) is None
    with pytest.raises(NotFoundError):
        await world.log.dissolve(stranger)

    assert await world.log.find(reply) is not None


async def test_of_the_logs_the_last_two_are_kept(world: World) -> None:
    first = await world.begin()
    await world.log.advance(first, 1, HELLO, SAID, seq=2)
    second = first._replace(seq=4)
    await world.log.begin(world.ann, first.conversation_id, said("more"), None)
    await world.log.advance(second, 1, HELLO, SAID, seq=4)
    assert await world.log.recorded(first) is not None

    await world.log.begin(world.ann, first.conversation_id, said("more"), None)

    assert await world.log.recorded(first) is None
    assert await world.log.recorded(second) is not None
    assert await world.log.recorded(first._replace(seq=6)) is not None


async def test_only_what_has_ended_is_forgotten(world: World) -> None:
    reply = await world.begin()

    await world.log.forget(reply)
    assert await world.log.recorded(reply) is not None

    await world.log.advance(reply, 1, HELLO, SAID, seq=2)
    await world.log.forget(reply)
    await world.log.forget(reply)
    assert await world.log.recorded(reply) is None


async def test_silent_replies_are_found(world: World) -> None:
    reply, ended = await world.begin(), await world.begin()
    await world.log.advance(ended, 1, HELLO, SAID, seq=2)

    silent = await world.log.silent(timedelta(), 100_000)

    assert reply in silent
    assert ended not in silent
    assert reply not in await world.log.silent(timedelta(hours=1), 100_000)
    assert len(await world.log.silent(timedelta(), 1)) == 1


async def test_the_key_of_a_turn_is_its_owners(world: World) -> None:
    turn_key = key()
    reply = await world.begin(key=turn_key)
    bobs = ReplyAddress(OwnerId(f"bob-{world.ann}"), reply.conversation_id, 2)
    same = NewConversation(id=reply.conversation_id, title=None, metadata=EMPTY_OBJECT, append=said("Hi"))
    await world.log.begin_conversation(bobs.owner_id, same, None)
    recorded = await world.log.recorded(bobs)
    assert recorded is not None

    assert await world.log.turn_key(recorded) is None
