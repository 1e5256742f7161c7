"""Replies that run: followed, stopped, left alone by their writers, and asked for again."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import override

import pytest

from application.begin_reply import BegunReply
from application.reply_writer import ReplyTiming
from domain.append import decide_append
from domain.conversation import NewConversation
from domain.errors import (
    ConversationNotFoundError,
    ReplyLostError,
    ReplyRunningError,
    ResponderFailedError,
    RoleNotAllowedError,
    UnavailableError,
)
from domain.idempotency import Effect, IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.message import Message, NewMessage, Status
from domain.model_context import ContextBudget
from domain.pages import MessageWindow
from domain.ports.responder import Turn
from domain.principal import Principal
from domain.reply import Batch, ReplyAddress
from domain.reply_events import (
    FinishReason,
    ReplyEvent,
    ReplyFinished,
    StepFinished,
    TextDelta,
    ToolCallReady,
    ToolCallStarted,
    ToolResult,
)
from domain.roles import Role
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.others import ScriptedResponder
from tests.support.fakes.reply_log import InMemoryReplyLog

ANN = Principal(owner_id=OwnerId("ann"))
BOB = Principal(owner_id=OwnerId("bob"))
AGENT = Principal.agent(on_behalf_of="ann")
KEY = IdempotencyKey(key="k", fingerprint=b"f")
HELLO = NewMessage(role=Role.USER, content="Hello")
TOOLS: list[ReplyEvent] = [
    TextDelta("Let me look. "),
    ToolCallStarted("a", "f"),
    ToolCallReady("a"),
    ToolResult("a", "1"),
    StepFinished(),
    TextDelta("It is 1."),
]


class SpokenResponder(ScriptedResponder):
    """Says what it is told to say, when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.spoken: asyncio.Queue[ReplyEvent | None] = asyncio.Queue()

    def say(self, *events: ReplyEvent | str) -> None:
        """Say it."""
        for event in events:
            self.spoken.put_nowait(TextDelta(event) if isinstance(event, str) else event)

    def finish(self) -> None:
        """Finish the reply."""
        self.spoken.put_nowait(ReplyFinished())

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        self.turns.append(turn)
        while (event := await self.spoken.get()) is not None:
            yield event


@dataclass
class Processes:
    """Two processes on one storage: replies are made in ``here``."""

    responder: SpokenResponder = field(default_factory=SpokenResponder)
    timing: ReplyTiming = field(default_factory=lambda: ReplyTiming(interval=0.01, first=0.005, lease=60.0))
    conversations: InMemoryConversationRepository = field(default_factory=InMemoryConversationRepository)

    def __post_init__(self) -> None:
        self.here = FakeWorld(responder=self.responder, timing=self.timing, conversations=self.conversations)
        self.there = FakeWorld(
            conversations=self.here.conversations, reply_log=self.here.log, ids=self.here.ids, timing=self.timing
        )

    @property
    def log(self) -> InMemoryReplyLog:
        """The log of both."""
        log = self.here.log
        assert isinstance(log, InMemoryReplyLog)
        return log

    async def begin(self, key: IdempotencyKey | None = None) -> BegunReply:
        """Begin a reply."""
        return await self.here.application.begin_reply(ANN, HELLO, key=key)

    async def written(self, reply: ReplyAddress, count: int) -> None:
        """Wait until the log has so many events."""
        while (recorded := await self.log.recorded(reply)) is None or len(recorded.events) < count:  # noqa: ASYNC110 - a log has no events
            await asyncio.sleep(0.001)

    async def messages(self, reply: ReplyAddress) -> list[Message]:
        """What is shown of the conversation's messages, but not what was removed."""
        page = await self.there.application.read_history(ANN, reply.conversation_id, MessageWindow(limit=200))
        return [one for one in page.messages if one.content is not None or one.tool_calls is not None]

    async def texts(self, reply: ReplyAddress) -> list[tuple[object, Status]]:
        """Content and status of each message."""
        return [(one.content and one.content.value, one.status) for one in await self.messages(reply)]


async def followed(world: FakeWorld, reply: ReplyAddress) -> list[ReplyEvent]:
    return [event async for event in world.application.follow_reply.events(reply)]


@pytest.fixture
async def processes() -> AsyncGenerator[Processes]:
    processes = Processes()
    yield processes
    await processes.here.replies.close()


async def test_a_reply_is_in_the_history_from_its_beginning(processes: Processes) -> None:
    begun = await processes.begin()
    processes.responder.say("Hi ", "there")
    await processes.written(begun.address, 2)

    assert await processes.texts(begun.address) == [("Hello", Status.COMPLETED), ("Hi there", Status.IN_PROGRESS)]
    one = await processes.there.application.get_message(ANN, *begun.address[1:])
    assert (one.content and one.content.value, one.status) == ("Hi there", Status.IN_PROGRESS)


async def test_of_a_reply_with_steps_the_last_message_is_in_progress(processes: Processes) -> None:
    begun = await processes.begin()
    processes.responder.say(*TOOLS)
    await processes.written(begun.address, len(TOOLS))

    assert await processes.texts(begun.address) == [
        ("Hello", Status.COMPLETED),
        ("Let me look. ", Status.COMPLETED),
        ("1", Status.COMPLETED),
        ("It is 1.", Status.IN_PROGRESS),
    ]
    processes.responder.finish()
    await followed(processes.there, begun.address)
    assert (await processes.texts(begun.address))[-1] == ("It is 1.", Status.COMPLETED)


@pytest.mark.parametrize("where", ["here", "there"])
async def test_whoever_follows_gets_all_from_the_first_event_to_the_last(processes: Processes, where: str) -> None:
    begun = await processes.begin()
    processes.responder.say(*TOOLS[:2])
    await processes.written(begun.address, 2)
    world = processes.here if where == "here" else processes.there
    follower = asyncio.create_task(followed(world, begun.address))
    await asyncio.sleep(0)

    processes.responder.say(*TOOLS[2:])
    processes.responder.finish()

    assert await follower == [*TOOLS, ReplyFinished()]
    assert await followed(world, begun.address) == [*TOOLS, ReplyFinished()]


async def test_a_reply_is_followed_after_its_log_was_deleted(processes: Processes) -> None:
    begun = await processes.begin()
    processes.responder.say(*TOOLS)
    processes.responder.finish()
    await followed(processes.there, begun.address)
    await processes.log.forget(begun.address)
    await processes.here.application.append_messages(ANN, begun.address.conversation_id, [HELLO])

    events = await followed(processes.there, begun.address)

    texts = [event.text for event in events if isinstance(event, TextDelta)]
    assert texts == ["Let me look. ", "It is 1."]
    assert ToolResult("a", "1") in events
    assert events[-1] == ReplyFinished()


async def test_where_no_reply_runs_there_is_none_to_follow(processes: Processes) -> None:
    begun = await processes.begin()
    follow = processes.there.application.follow_reply
    assert await follow(ANN, begun.address.conversation_id) == begun.address
    processes.responder.finish()
    await followed(processes.here, begun.address)

    assert await follow(ANN, begun.address.conversation_id) is None
    with pytest.raises(ConversationNotFoundError):
        await follow(BOB, begun.address.conversation_id)


async def test_a_reply_that_has_ended_is_followed_by_who_knows_it_while_its_log_is_kept(processes: Processes) -> None:
    begun = await processes.begin()
    place, seq = begun.address.conversation_id, begun.address.seq
    processes.responder.finish()
    await followed(processes.here, begun.address)
    follow = processes.there.application.follow_reply

    assert await follow(ANN, place, known_seq=seq) == begun.address
    assert await follow(ANN, place, known_seq=seq - 1) is None
    with pytest.raises(ConversationNotFoundError):
        await follow(BOB, place, known_seq=seq)
    await processes.log.forget(begun.address)
    assert await follow(ANN, place, known_seq=seq) is None


async def test_who_knows_an_older_reply_follows_the_one_that_runs(processes: Processes) -> None:
    first = await processes.begin()
    processes.responder.finish()
    await followed(processes.here, first.address)
    place = first.address.conversation_id
    second = await processes.here.application.begin_reply(ANN, HELLO, conversation_id=place)

    found = await processes.there.application.follow_reply(ANN, place, known_seq=first.address.seq)

    assert found == second.address
    processes.responder.finish()
    await followed(processes.here, second.address)


async def test_a_follower_of_a_deleted_conversation_is_told(processes: Processes) -> None:
    impatient = FakeWorld(
        conversations=processes.here.conversations, reply_log=processes.log, timing=ReplyTiming(lease=0.05)
    )
    begun = await processes.begin()
    processes.responder.say("Hi")
    await processes.written(begun.address, 1)
    following = [asyncio.create_task(followed(world, begun.address)) for world in (impatient, processes.here)]
    await asyncio.sleep(0)

    await processes.here.application.delete_conversation(ANN, begun.address.conversation_id)
    processes.responder.say(" there")

    results = await asyncio.gather(*following, return_exceptions=True)
    assert [type(one) for one in results] == [ReplyLostError, ReplyLostError]


async def test_meanwhile_nobody_else_appends(processes: Processes) -> None:
    begun = await processes.begin()
    conversation_id = begun.address.conversation_id

    for world in (processes.here, processes.there):
        with pytest.raises(ReplyRunningError):
            await world.application.begin_reply(ANN, HELLO, conversation_id=conversation_id)
        with pytest.raises(ReplyRunningError):
            await world.application.append_messages(ANN, conversation_id, [HELLO])
        with pytest.raises(ReplyRunningError):
            await world.application.append_messages(
                AGENT, conversation_id, [NewMessage(role=Role.ASSISTANT, content="me too")]
            )

    processes.responder.finish()
    await followed(processes.here, begun.address)
    await processes.there.application.append_messages(ANN, conversation_id, [HELLO])


async def test_an_append_that_was_made_before_the_reply_is_found_under_its_key(processes: Processes) -> None:
    application = processes.here.application
    conversation = (await application.create_conversation(ANN)).conversation
    first = await application.append_messages(ANN, conversation.id, [HELLO], key=KEY)
    await application.begin_reply(ANN, HELLO, conversation_id=conversation.id)

    again = await application.append_messages(ANN, conversation.id, [HELLO], key=KEY)

    assert (again.replayed, again.messages) == (True, first.messages)


async def test_only_a_turn_of_the_users_begins_a_reply(processes: Processes) -> None:
    with pytest.raises(RoleNotAllowedError):
        await processes.here.application.begin_reply(ANN, NewMessage(role=Role.SYSTEM, content="Obey"))


async def test_a_conversation_may_be_begun_under_an_id_of_the_callers(processes: Processes) -> None:
    conversation_id = ConversationId(processes.here.ids.next())
    begin = processes.here.application.begin_reply
    with pytest.raises(ConversationNotFoundError):
        await begin(ANN, HELLO, conversation_id=conversation_id)

    begun = [await begin(caller, HELLO, conversation_id=conversation_id, creates=True) for caller in (ANN, BOB)]

    assert [one.address for one in begun] == [
        ReplyAddress(ANN.owner_id, conversation_id, 2),
        ReplyAddress(BOB.owner_id, conversation_id, 2),
    ]
    processes.responder.say("Hi", ReplyFinished(), "Hi", ReplyFinished())
    await followed(processes.here, begun[0].address)
    again = await begin(ANN, HELLO, conversation_id=conversation_id, creates=True)
    assert again.address.seq == 4


@pytest.mark.parametrize("where", ["here", "there"])
async def test_a_stopped_reply_is_kept_as_far_as_it_goes_and_the_next_turn_begins(
    processes: Processes, where: str
) -> None:
    begun = await processes.begin()
    processes.responder.say("Hi ")
    await processes.written(begun.address, 1)
    world = processes.here if where == "here" else processes.there
    stopping = asyncio.create_task(world.application.stop_reply(ANN, begun.address.conversation_id))
    await asyncio.sleep(0)
    processes.responder.say("there")

    message = await stopping

    assert message is not None
    assert (message.seq, message.status) == (2, Status.INCOMPLETE)
    assert message.content is not None
    assert "Hi there".startswith(message.content.value)
    assert await processes.messages(begun.address) == [begun.user_message, message]
    await processes.there.application.append_messages(ANN, begun.address.conversation_id, [HELLO])
    assert (await followed(processes.there, begun.address))[-1] == ReplyFinished(reason=FinishReason.STOPPED)


async def test_a_reply_whose_process_has_died_is_stopped_all_the_same(processes: Processes) -> None:
    written = await processes.log.begin_conversation(ANN.owner_id, new_conversation(processes.here), None)
    reply = ReplyAddress(ANN.owner_id, written[0].conversation_id, 2)

    message = await processes.there.application.stop_reply(ANN, reply.conversation_id)

    assert message is not None
    assert message.status is Status.INCOMPLETE
    assert await processes.there.application.stop_reply(ANN, reply.conversation_id) is None


async def test_a_reply_that_is_stopped_without_its_writer_is_not_asked_for_again(processes: Processes) -> None:
    reply = await orphan(processes, KEY)

    message = await processes.there.application.stop_reply(ANN, reply.conversation_id)

    turn = await processes.there.application.chat(ANN, "Hello", key=KEY)
    assert (turn.replayed, turn.assistant_message) == (True, message)


async def test_a_stranger_stops_nothing(processes: Processes) -> None:
    begun = await processes.begin()

    with pytest.raises(ConversationNotFoundError):
        await processes.here.application.stop_reply(BOB, begun.address.conversation_id)

    processes.responder.finish()
    assert await followed(processes.here, begun.address) == [ReplyFinished()]


async def test_a_stopped_reply_is_not_asked_for_again(processes: Processes) -> None:
    begun = await processes.begin(KEY)
    await processes.here.application.stop_reply(ANN, begun.address.conversation_id)

    turn = await processes.here.application.chat(ANN, "Hello", key=KEY)

    assert (turn.replayed, turn.assistant_message.status) == (True, Status.INCOMPLETE)
    assert len(processes.responder.turns) <= 1


def new_conversation(world: FakeWorld) -> NewConversation:
    return NewConversation(id=world.ids.next(), title=None, metadata=EMPTY_OBJECT, append=decide_append([HELLO], None))


async def orphan(processes: Processes, key: IdempotencyKey | None = None) -> ReplyAddress:
    """A reply whose process has died after it had said something."""
    written = await processes.log.begin_conversation(ANN.owner_id, new_conversation(processes.here), key)
    reply = ReplyAddress(ANN.owner_id, written[0].conversation_id, 2)
    await processes.log.write(reply, 1, [TextDelta("Hi "), ToolCallStarted("a", "f")])
    return reply


async def is_settled(processes: Processes, reply: ReplyAddress) -> bool:
    recorded = await processes.log.recorded(reply)
    return recorded is not None and not recorded.is_running


async def read(processes: Processes, reply: ReplyAddress) -> None:
    await processes.here.application.read_history(ANN, reply.conversation_id)


async def read_one(processes: Processes, reply: ReplyAddress) -> None:
    await processes.here.application.get_message(ANN, reply.conversation_id, reply.seq)


async def follow(processes: Processes, reply: ReplyAddress) -> None:
    await processes.here.application.follow_reply(ANN, reply.conversation_id)


async def append(processes: Processes, reply: ReplyAddress) -> None:
    await processes.here.application.append_messages(ANN, reply.conversation_id, [HELLO])


async def begin(processes: Processes, reply: ReplyAddress) -> None:
    await processes.here.application.begin_reply(ANN, HELLO, conversation_id=reply.conversation_id)


async def sweep(processes: Processes, _: ReplyAddress) -> None:
    await processes.here.application.sweep_replies()


@pytest.mark.parametrize("act", [read, read_one, follow, append, begin, sweep])
async def test_a_reply_whose_process_has_died_is_ended_by_whoever_comes_to_it(
    processes: Processes, act: Callable[[Processes, ReplyAddress], Coroutine[None, None, None]]
) -> None:
    reply = await orphan(processes)
    processes.log.skip(timedelta(seconds=59))
    with suppress(ReplyRunningError):
        await act(processes, reply)
    assert not await is_settled(processes, reply)
    processes.log.skip(timedelta(seconds=2))

    await act(processes, reply)

    assert await is_settled(processes, reply)
    assert (await processes.texts(reply))[:2] == [("Hello", Status.COMPLETED), ("Hi ", Status.INCOMPLETE)]


async def test_a_damaged_log_does_not_keep_the_others_from_their_end(processes: Processes) -> None:
    damaged = await orphan(processes)
    await processes.log.write(damaged, 2, [ReplyFinished(), TextDelta("after the end")])
    other = await orphan(processes)
    processes.log.skip(timedelta(seconds=61))

    assert await processes.there.application.sweep_replies() == 1

    assert await is_settled(processes, other)


async def test_a_follower_of_a_reply_whose_process_has_died_gets_its_end() -> None:
    processes = Processes(timing=ReplyTiming(lease=0.2))
    reply = await orphan(processes)

    events = await followed(processes.there, reply)

    assert events[-1] == ReplyFinished(reason=FinishReason.INTERRUPTED)


async def test_a_writer_that_comes_back_from_a_freeze_writes_nothing_any_more(processes: Processes) -> None:
    begun = await processes.begin()
    processes.responder.say("Hi ")
    await processes.written(begun.address, 1)
    processes.log.skip(timedelta(seconds=61))
    await processes.there.application.sweep_replies()

    processes.responder.say("never kept")
    events = await followed(processes.here, begun.address)

    assert events[-1] == ReplyFinished(reason=FinishReason.INTERRUPTED)
    assert await processes.texts(begun.address) == [("Hello", Status.COMPLETED), ("Hi ", Status.INCOMPLETE)]


async def test_batches_that_the_storage_lost_are_written_again(processes: Processes) -> None:
    begun = await processes.begin()
    for count, text in enumerate(("a", "b", "c"), 1):
        processes.responder.say(text)
        await processes.written(begun.address, count)

    processes.log.lose(begun.address, 2)
    processes.responder.say("d")
    processes.responder.finish()

    assert await followed(processes.there, begun.address) == [*map(TextDelta, "abcd"), ReplyFinished()]
    assert (await processes.texts(begun.address))[-1] == ("abcd", Status.COMPLETED)


async def test_a_storage_that_is_away_for_a_while_loses_nothing() -> None:
    class FlakyLog(InMemoryReplyLog):
        failures = 5

        @override
        async def advance(self, *arguments: object, **named: object) -> None:
            self.failures -= 1
            if self.failures >= 0:
                raise UnavailableError
            await super().advance(*arguments, **named)  # type: ignore[arg-type]  # passed on as they came

    conversations = InMemoryConversationRepository()
    world = FakeWorld(conversations=conversations, reply_log=FlakyLog(conversations))

    turn = await world.application.chat(ANN, "Hello")

    assert turn.assistant_message.status is Status.COMPLETED


async def test_a_silent_reply_gives_signs_of_life() -> None:
    processes = Processes(timing=ReplyTiming(interval=0.01, first=0.005, lease=0.1))
    begun = await processes.begin()

    while (recorded := await processes.log.recorded(begun.address)) is None or len(recorded.batches) < 5:  # noqa: ASYNC110 - a log has no events
        await asyncio.sleep(0.005)

    assert recorded.events == ()
    assert recorded.is_running
    processes.responder.finish()
    await followed(processes.here, begun.address)


async def test_logs_are_deleted_some_time_after_the_end(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = await processes.begin()
    processes.responder.finish()
    await followed(processes.here, begun.address)
    await processes.here.replies.close()
    await processes.here.application.sweep_replies()
    assert await processes.log.recorded(begun.address) is not None

    monkeypatch.setattr("application.sweep_replies._KEPT_SECONDS", 0)
    await processes.here.application.sweep_replies()

    assert await processes.log.recorded(begun.address) is None


async def test_when_too_many_replies_have_ended_the_logs_of_the_oldest_are_deleted(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = await processes.begin()
    processes.responder.finish()
    await followed(processes.here, begun.address)
    await processes.here.replies.close()

    monkeypatch.setattr("application.running_replies.MOST_ENDED", 0)
    await processes.here.application.sweep_replies()

    assert await processes.log.recorded(begun.address) is None


async def test_a_chat_that_waits_no_longer_gets_what_was_said_and_its_key_the_rest(processes: Processes) -> None:
    application = processes.here.application
    processes.responder.say("Hi ")

    first = await application.chat(ANN, "Hello", key=KEY, patience=0.05)

    assert first.is_running
    assert first.assistant_message.status is Status.IN_PROGRESS
    assert first.assistant_message.content is not None
    assert first.assistant_message.content.value == "Hi "
    processes.responder.say("there")
    processes.responder.finish()
    second = await application.chat(ANN, "Hello", key=KEY)
    assert second.assistant_message.content is not None
    assert (second.replayed, second.is_running, second.assistant_message.content.value) == (True, False, "Hi there")


async def test_a_cancelled_begin_lets_the_reply_run(processes: Processes) -> None:
    beginning = asyncio.create_task(processes.begin(KEY))
    await asyncio.sleep(0)
    beginning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await beginning
    processes.responder.say("Hi")
    processes.responder.finish()

    turn = await processes.here.application.chat(ANN, "Hello", key=KEY)

    assert turn.assistant_message.status is Status.COMPLETED
    assert len(processes.responder.turns) == 1


async def test_an_interrupted_reply_is_asked_for_again_and_leaves_no_fragments(processes: Processes) -> None:
    reply = await orphan(processes, KEY)
    for _ in range(3):
        processes.log.skip(timedelta(seconds=61))
        await processes.there.application.sweep_replies()
        begun = await processes.begin(KEY)
        assert not begun.replayed
        await processes.here.replies.close()
    processes.responder.say("Hi there")
    processes.responder.finish()

    turn = await processes.here.application.chat(ANN, "Hello", key=KEY)

    assert not turn.replayed
    assert await processes.texts(reply) == [("Hello", Status.COMPLETED), ("Hi there", Status.COMPLETED)]


async def test_a_reply_that_ends_while_its_key_asks_for_it_is_not_made_again() -> None:
    class LateRepository(InMemoryConversationRepository):
        """Lets the reply end as soon as it has told that the reply has not ended yet."""

        processes: Processes | None = None

        @override
        async def effect(self, owner_id: OwnerId, key: IdempotencyKey) -> Effect | None:
            effect = await super().effect(owner_id, key)
            if effect is None and self.processes is not None:
                self.processes.responder.say("Hi")
                self.processes.responder.finish()
                while self.processes.here.replies.find(address) is not None:  # noqa: ASYNC110 - it has no event
                    await asyncio.sleep(0.001)
            return effect

    conversations = LateRepository()
    processes = Processes(conversations=conversations)
    address = (await processes.begin(KEY)).address
    conversations.processes = processes

    asking = asyncio.create_task(processes.there.application.chat(ANN, "Hello", key=KEY))
    await asyncio.sleep(0.05)
    processes.responder.say("Hi")
    processes.responder.finish()
    turn = await asking

    assert (turn.replayed, turn.assistant_message.seq) == (True, address.seq)
    assert await processes.texts(address) == [("Hello", Status.COMPLETED), ("Hi", Status.COMPLETED)]


async def test_a_chat_whose_log_is_deleted_under_it_asks_again_and_gets_its_reply(processes: Processes) -> None:
    class ShortLog(InMemoryReplyLog):
        """Deletes a log once somebody has read its beginning, as the turn after the next one may."""

        @override
        async def news(self, reply: ReplyAddress, number: int) -> Sequence[Batch]:
            batches = await super().news(reply, number)
            if number == 0 and here.replies.find(reply):
                processes.responder.finish()
                await followed(here, reply)
                await self.forget(reply)
            return batches

    conversations, timing = processes.conversations, ReplyTiming(interval=0.01, first=0.005, lease=0.1)
    log = ShortLog(conversations)
    here, there = (
        FakeWorld(responder=processes.responder, conversations=conversations, reply_log=log, timing=timing)
        for _ in range(2)
    )
    await here.application.begin_reply(ANN, HELLO, key=KEY)

    with pytest.raises(ResponderFailedError):
        await there.application.chat(ANN, "Hello", key=KEY)

    again = await there.application.chat(ANN, "Hello", key=KEY)
    assert (again.replayed, again.assistant_message.status) == (True, Status.COMPLETED)


async def test_a_failed_reply_is_asked_for_again_also_when_the_conversation_has_gone_on() -> None:
    world = FakeWorld(responder=ScriptedResponder("Hi ", failure=RuntimeError("no model")))
    with pytest.raises(ResponderFailedError):
        await world.application.chat(ANN, "Hello", key=KEY)
    (turn,) = world.responder.turns
    await world.application.append_messages(ANN, turn.message.conversation_id, [HELLO])
    world.responder.failure = None

    again = await world.application.chat(ANN, "Hello", key=KEY)

    assert (again.user_message.seq, again.assistant_message.seq) == (1, 4)
    page = await world.application.read_history(ANN, turn.message.conversation_id)
    assert [one.seq for one in page.messages if one.content is not None] == [1, 3, 4]


async def test_while_another_turns_reply_runs_a_failed_one_is_not_asked_for_again(processes: Processes) -> None:
    reply = await orphan(processes, KEY)
    processes.log.skip(timedelta(seconds=61))
    await processes.there.application.sweep_replies()
    await processes.here.application.begin_reply(ANN, HELLO, conversation_id=reply.conversation_id)

    with pytest.raises(ReplyRunningError):
        await processes.begin(KEY)


async def test_a_responder_with_a_budget_gets_what_a_model_gets() -> None:
    world = FakeWorld()
    world.responder.budget = ContextBudget(max_messages=10)
    first = await world.application.chat(ANN, "Hello")

    await world.application.chat(ANN, "Again", conversation_id=first.user_message.conversation_id)

    context = world.responder.turns[-1].context
    assert context is not None
    assert [(one.role.value, one.content and one.content.value) for one in context.messages] == [
        ("user", "Hello"),
        ("assistant", "Hi there"),
        ("user", "Again"),
    ]
