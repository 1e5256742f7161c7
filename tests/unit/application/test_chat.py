"""Chat, on fakes."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import nullcontext, suppress
from typing import Any, override

import pytest

from application import reply_intake, running_replies
from application.chat import ChatTurn
from application.reply_writer import ReplyTiming
from application.running_replies import RunningReplies
from domain.errors import (
    ConversationNotFoundError,
    IdempotencyKeyReusedError,
    OverloadedError,
    ResponderFailedError,
    RuleViolationError,
    UnavailableError,
)
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.message import Status
from domain.pages import ConversationWindow
from domain.ports.responder import Responder, Turn
from domain.principal import Principal
from domain.reply import ReplyAddress
from domain.reply_events import FinishReason, ReplyEvent, ReplyFinished, StepFinished, TextDelta
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.others import ScriptedResponder
from tests.support.fakes.reply_log import InMemoryReplyLog

ANN = Principal(owner_id=OwnerId("ann"))
BOB = Principal(owner_id=OwnerId("bob"))
KEY = IdempotencyKey(key="k", fingerprint=b"f")


async def history(world: FakeWorld, conversation_id: ConversationId) -> list[tuple[str, object, Status]]:
    """Role, content and status of each message."""
    page = await world.application.read_history(ANN, conversation_id)
    return [(one.role.value, one.content and one.content.value, one.status) for one in page.messages]


async def test_a_turn_without_a_conversation_begins_one() -> None:
    world = FakeWorld()

    turn = await world.application.chat(ANN, "Hello", metadata={"from": "test"})

    conversation_id = turn.user_message.conversation_id
    assert await history(world, conversation_id) == [
        ("user", "Hello", Status.COMPLETED),
        ("assistant", "Hi there", Status.COMPLETED),
    ]
    assert turn.user_message.metadata.value == {"from": "test"}
    assert not turn.replayed
    page = await world.application.read_history(ANN, conversation_id)
    assert page.conversation.title == "Hello"


async def test_a_turn_goes_on_in_the_conversation_that_is_named() -> None:
    world = FakeWorld()
    application = world.application
    first = await application.chat(ANN, "one")

    second = await application.chat(ANN, "two", conversation_id=first.user_message.conversation_id)

    assert (second.user_message.seq, second.assistant_message.seq) == (3, 4)


async def test_the_users_message_is_saved_before_the_responder_runs() -> None:
    world = FakeWorld()

    await world.application.chat(ANN, "Hello")

    (turn,) = world.responder.turns
    assert (turn.text, turn.message.seq, turn.owner_id) == ("Hello", 1, "ann")


@pytest.mark.parametrize(
    ("said", "status", "kept"),
    [((), Status.FAILED, ""), (("Hi ",), Status.INCOMPLETE, "Hi ")],
)
async def test_a_responder_that_fails_leaves_what_it_had_said(said: tuple[str, ...], status: Status, kept: str) -> None:
    world = FakeWorld(responder=ScriptedResponder(*said, failure=RuntimeError("no model")))

    with pytest.raises(ResponderFailedError):
        await world.application.chat(ANN, "Hello")

    (turn,) = world.responder.turns
    assert await history(world, turn.message.conversation_id) == [
        ("user", "Hello", Status.COMPLETED),
        ("assistant", kept, status),
    ]


@pytest.mark.parametrize(
    ("said", "status", "kept"),
    [
        (("Hi ", "\ud800"), Status.INCOMPLETE, "Hi "),
        (("\ud800",), Status.FAILED, ""),
        (("Hi ", 7), Status.INCOMPLETE, "Hi "),
        (("Hi ", StepFinished()), Status.INCOMPLETE, "Hi "),
        (("Hi ", ReplyFinished(reason=FinishReason.STOPPED)), Status.INCOMPLETE, "Hi "),
    ],
    ids=["no Unicode", "nothing that can be kept", "no text", "out of order", "a reason that is not its own"],
)
async def test_a_reply_that_cannot_be_kept_is_the_responders_failure(
    said: tuple[Any, ...], status: Status, kept: str
) -> None:
    world = FakeWorld(responder=ScriptedResponder(*said))

    with pytest.raises(ResponderFailedError):
        await world.application.chat(ANN, "Hello")

    (turn,) = world.responder.turns
    _, reply = await history(world, turn.message.conversation_id)
    assert reply == ("assistant", kept, status)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (("x" * 700_000, "y" * 700_000), "x" * 700_000 + "y" * 175_000),
        (('"' * 900_000,), '"' * 450_000),  # each takes two bytes
        (("x" * 10_000_000,), "x" * 625_000),
    ],
    ids=["too long", "too long as JSON", "10 MB at once"],
)
async def test_a_reply_that_is_too_long_is_cut_off_and_incomplete(said: tuple[str, ...], kept: str) -> None:
    world = FakeWorld(responder=ScriptedResponder(*said))

    turn = await world.application.chat(ANN, "Hello")

    assert turn.assistant_message.status is Status.INCOMPLETE
    assert (await history(world, turn.user_message.conversation_id))[1] == ("assistant", kept, Status.INCOMPLETE)


async def test_a_reply_that_says_nothing_is_an_empty_message() -> None:
    world = FakeWorld(responder=ScriptedResponder())

    turn = await world.application.chat(ANN, "Hello")

    assert await history(world, turn.user_message.conversation_id) == [
        ("user", "Hello", Status.COMPLETED),
        ("assistant", "", Status.COMPLETED),
    ]


async def test_a_reply_that_ends_without_a_finish_has_failed() -> None:
    class AbruptResponder(ScriptedResponder):
        @override
        async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
            self.turns.append(turn)
            yield TextDelta("Hi ")

    world = FakeWorld(responder=AbruptResponder())

    with pytest.raises(ResponderFailedError):
        await world.application.chat(ANN, "Hello")

    (turn,) = world.responder.turns
    assert (await history(world, turn.message.conversation_id))[1] == ("assistant", "Hi ", Status.INCOMPLETE)


async def test_a_reply_without_an_end_is_cut_off() -> None:
    class EndlessResponder(ScriptedResponder):
        @override
        async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
            self.turns.append(turn)
            while True:
                yield TextDelta("and so on " * 1000)

    world = FakeWorld(responder=EndlessResponder())

    turn = await world.application.chat(ANN, "Hello")

    assert turn.assistant_message.status is Status.INCOMPLETE


class SlowResponder(ScriptedResponder):
    """Says something, and goes on only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.thinks = asyncio.Event()
        self.may_go_on = asyncio.Event()

    @override
    async def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        self.turns.append(turn)
        yield TextDelta("Hi ")
        self.thinks.set()
        await self.may_go_on.wait()
        yield TextDelta("there")
        yield ReplyFinished()


async def give_up(world: FakeWorld, responder: SlowResponder) -> None:
    """Say something, and be cancelled before the reply is whole."""
    waiting = asyncio.create_task(world.application.chat(ANN, "Hello", key=KEY))
    await responder.thinks.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_reply_goes_on_though_its_caller_gave_up() -> None:
    responder = SlowResponder()
    world = FakeWorld(responder=responder)
    await give_up(world, responder)
    responder.may_go_on.set()

    turn = await world.application.chat(ANN, "Hello", key=KEY)

    assert turn.replayed
    assert len(responder.turns) == 1
    assert await history(world, turn.user_message.conversation_id) == [
        ("user", "Hello", Status.COMPLETED),
        ("assistant", "Hi there", Status.COMPLETED),
    ]


async def test_however_often_callers_give_up_one_key_has_one_reply() -> None:
    responder = SlowResponder()
    world = FakeWorld(responder=responder)
    for _ in range(5):
        await give_up(world, responder)
    responder.may_go_on.set()

    turn = await world.application.chat(ANN, "Hello", key=KEY)

    assert [role for role, _, _ in await history(world, turn.user_message.conversation_id)] == ["user", "assistant"]


async def test_a_reply_that_ends_after_its_caller_gave_up_is_found_under_its_key() -> None:
    responder = SlowResponder()
    world = FakeWorld(responder=responder)
    await give_up(world, responder)
    responder.may_go_on.set()
    first = await world.application.chat(ANN, "Hello", key=KEY)

    again = await world.application.chat(ANN, "Hello", key=KEY)

    assert (again.replayed, again.assistant_message) == (True, first.assistant_message)


async def test_a_reply_that_takes_too_long_is_kept_as_far_as_it_goes() -> None:
    responder = SlowResponder()
    world = FakeWorld(responder=responder, timing=ReplyTiming(longest=0.01))

    with pytest.raises(ResponderFailedError):
        await world.application.chat(ANN, "Hello")

    (turn,) = responder.turns
    assert await history(world, turn.message.conversation_id) == [
        ("user", "Hello", Status.COMPLETED),
        ("assistant", "Hi ", Status.INCOMPLETE),
    ]


async def test_a_reply_that_is_ended_by_a_close_is_kept_as_far_as_it_goes() -> None:
    responder = SlowResponder()
    world = FakeWorld(responder=responder)
    waiting = asyncio.create_task(world.application.chat(ANN, "Hello"))
    await responder.thinks.wait()

    await world.replies.close()

    with pytest.raises(ResponderFailedError):
        await waiting
    (turn,) = responder.turns
    assert (await history(world, turn.message.conversation_id))[1:] == [("assistant", "Hi ", Status.INCOMPLETE)]


async def test_a_close_ends_also_while_nothing_can_be_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    class FailingLog(InMemoryReplyLog):
        @override
        async def write(self, *_: object, **__: object) -> bool:
            raise UnavailableError

        @override
        async def advance(self, *_: object, **__: object) -> None:
            raise UnavailableError

    monkeypatch.setattr(running_replies, "_ENDING_SECONDS", 0.05)
    responder = SlowResponder()
    conversations = InMemoryConversationRepository()
    world = FakeWorld(conversations=conversations, reply_log=FailingLog(conversations), responder=responder)
    await give_up(world, responder)

    await world.replies.close()

    (turn,) = responder.turns
    assert world.replies.find(ReplyAddress(turn.owner_id, turn.message.conversation_id, 2)) is None
    assert (await history(world, turn.message.conversation_id))[1] == ("assistant", "", Status.IN_PROGRESS)


async def test_a_turn_is_refused_while_too_many_replies_run_and_nothing_is_saved() -> None:
    responder = SlowResponder()
    world = FakeWorld(responder=responder, replies=RunningReplies(most=1))
    waiting = asyncio.create_task(world.application.chat(ANN, "Hello"))
    await responder.thinks.wait()

    with pytest.raises(OverloadedError):
        await world.application.chat(ANN, "Another")

    responder.may_go_on.set()
    await waiting
    listed = await world.application.list_conversations(ANN, ConversationWindow())
    assert [one.title for one in listed.conversations] == ["Hello"]
    await until_it_is_let(lambda: world.application.chat(ANN, "Another"))


async def until_it_is_let(attempt: Callable[[], Awaitable[ChatTurn]]) -> ChatTurn:
    """Try until the replies before are forgotten."""
    while True:
        try:
            return await attempt()
        except OverloadedError:
            await asyncio.sleep(0)


async def nothing() -> None:
    """Close at once."""


async def fail() -> None:
    raise RuntimeError("the connection is gone")


async def hang() -> None:
    await asyncio.Event().wait()


class NotingReply(AsyncGenerator[ReplyEvent, None]):
    """A reply that notes when it is closed."""

    def __init__(
        self, pieces: AsyncGenerator[ReplyEvent, None], notes: list[str], closing: Callable[[], Awaitable[None]]
    ) -> None:
        self._pieces = pieces
        self._notes = notes
        self._closing = closing

    @override
    async def asend(self, value: None) -> ReplyEvent:
        return await self._pieces.asend(value)

    @override
    async def athrow(self, *error: Any) -> ReplyEvent:
        return await self._pieces.athrow(*error)

    @override
    async def aclose(self) -> None:
        self._notes.append("closed")
        await self._pieces.aclose()
        await self._closing()


class NotingResponder(ScriptedResponder):
    def __init__(self, inner: Responder, notes: list[str], closing: Callable[[], Awaitable[None]]) -> None:
        super().__init__()
        self._inner = inner
        self._notes = notes
        self._closing = closing

    @override
    def reply(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        self.turns.append(turn)
        return NotingReply(self._inner.reply(turn), self._notes, self._closing)


class NotingLog(InMemoryReplyLog):
    def __init__(self, conversations: InMemoryConversationRepository, notes: list[str]) -> None:
        super().__init__(conversations)
        self._notes = notes

    @override
    async def advance(self, *arguments: Any, **named: Any) -> None:
        self._notes.append("saved")
        await super().advance(*arguments, **named)


def noting_world(responder: Responder, closing: Callable[[], Awaitable[None]] = nothing) -> tuple[FakeWorld, list[str]]:
    """A world that notes in which order the responder is closed and its reply is saved."""
    notes: list[str] = []
    conversations = InMemoryConversationRepository()
    world = FakeWorld(
        conversations=conversations,
        reply_log=NotingLog(conversations, notes),
        responder=NotingResponder(responder, notes, closing),
    )
    return world, notes


@pytest.mark.parametrize(
    ("responder", "fails"),
    [
        (ScriptedResponder("Hi"), False),
        (ScriptedResponder("Hi", failure=RuntimeError("no model")), True),
        (ScriptedResponder("x" * 700_000, "y" * 700_000, "never said"), False),
        (ScriptedResponder("\ud800"), True),
    ],
    ids=["whole", "failed", "too long", "no Unicode"],
)
async def test_a_responder_is_closed_before_its_reply_is_saved(responder: ScriptedResponder, *, fails: bool) -> None:
    world, notes = noting_world(responder)

    with pytest.raises(ResponderFailedError) if fails else nullcontext():
        await world.application.chat(ANN, "Hello")

    assert notes == ["closed", "saved"]


@pytest.mark.parametrize("closing", [nothing, fail, hang])
async def test_the_responder_of_a_reply_that_is_ended_is_closed_once_its_reply_is_saved(
    closing: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reply_intake, "_CLOSING_SECONDS", 0.01)
    responder = SlowResponder()
    world, notes = noting_world(responder, closing)

    await give_up(world, responder)
    await world.replies.close()

    assert notes == ["saved", "closed"]


@pytest.mark.parametrize("closing", [fail, hang])
@pytest.mark.parametrize("said", [("Hi",), ("Hi", 7)], ids=["whole", "no text"])
async def test_a_responder_that_cannot_be_closed_loses_no_reply(
    closing: Callable[[], Awaitable[None]],
    said: tuple[Any, ...],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(reply_intake, "_CLOSING_SECONDS", 0.01)
    world, _ = noting_world(ScriptedResponder(*said), closing)

    with suppress(ResponderFailedError):
        await world.application.chat(ANN, "Hello")

    (turn,) = world.responder.turns
    _, reply = await history(world, turn.message.conversation_id)
    assert reply == ("assistant", "Hi", Status.COMPLETED if said == ("Hi",) else Status.INCOMPLETE)
    assert caplog.records[0].message == (
        f"A responder could not be closed: {'RuntimeError' if closing is fail else 'TimeoutError'}"
    )


async def test_who_gives_up_waiting_for_a_responder_to_close_finds_what_it_said() -> None:
    closes = asyncio.Event()

    async def hang_and_say_so() -> None:
        closes.set()
        await hang()

    world, _ = noting_world(ScriptedResponder("Hi"), hang_and_say_so)
    waiting = asyncio.create_task(world.application.chat(ANN, "Hello"))
    await closes.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await world.replies.close()

    (turn,) = world.responder.turns
    _, reply = await history(world, turn.message.conversation_id)
    assert reply == ("assistant", "Hi", Status.INCOMPLETE)


async def test_a_repeated_key_gets_the_first_turn_and_no_second_reply() -> None:
    world = FakeWorld()
    application = world.application
    first = await application.chat(ANN, "Hello", key=KEY)

    again = await application.chat(ANN, "Hello", key=KEY)

    assert again.replayed
    assert (again.user_message, again.assistant_message) == (first.user_message, first.assistant_message)
    assert len(world.responder.turns) == 1


async def test_a_repeated_key_finds_the_reply_that_runs_in_another_process() -> None:
    responder = SlowResponder()
    world = FakeWorld(responder=responder)
    another_process = FakeWorld(conversations=world.conversations, reply_log=world.log, ids=world.ids)
    first = asyncio.create_task(world.application.chat(ANN, "Hello", key=KEY))
    await responder.thinks.wait()
    second = asyncio.create_task(another_process.application.chat(ANN, "Hello", key=KEY))
    await asyncio.sleep(0)
    responder.may_go_on.set()

    turns = [await first, await second]

    assert [turn.replayed for turn in turns] == [False, True]
    assert turns[0].assistant_message == turns[1].assistant_message
    assert another_process.responder.turns == []
    assert await history(world, turns[0].user_message.conversation_id) == [
        ("user", "Hello", Status.COMPLETED),
        ("assistant", "Hi there", Status.COMPLETED),
    ]


async def test_a_repeated_key_in_a_named_conversation_finds_its_own_reply() -> None:
    world = FakeWorld()
    application = world.application
    conversation_id = (await application.chat(ANN, "one")).user_message.conversation_id
    first = await application.chat(ANN, "two", conversation_id=conversation_id, key=KEY)
    await application.chat(ANN, "three", conversation_id=conversation_id)

    again = await application.chat(ANN, "two", conversation_id=conversation_id, key=KEY)

    assert (again.user_message.seq, again.assistant_message) == (3, first.assistant_message)


async def test_a_retry_after_a_failed_reply_asks_again_without_a_second_user_message() -> None:
    world = FakeWorld(responder=ScriptedResponder("Hi ", failure=RuntimeError("no model")))
    application = world.application
    with pytest.raises(ResponderFailedError):
        await application.chat(ANN, "Hello", key=KEY)
    world.responder.failure = None

    turn = await application.chat(ANN, "Hello", key=KEY)

    assert not turn.replayed
    assert turn.assistant_message.status is Status.COMPLETED
    assert [
        (role, status)
        for role, content, status in await history(world, turn.user_message.conversation_id)
        if content is not None
    ] == [("user", Status.COMPLETED), ("assistant", Status.COMPLETED)]


async def test_a_key_for_another_turn_is_refused() -> None:
    world = FakeWorld()
    application = world.application
    await application.chat(ANN, "Hello", key=KEY)

    with pytest.raises(IdempotencyKeyReusedError):
        await application.chat(ANN, "Other", key=IdempotencyKey(key="k", fingerprint=b"g"))


async def test_a_strangers_conversation_cannot_be_continued() -> None:
    world = FakeWorld()
    application = world.application
    conversation_id = (await application.chat(ANN, "Hello")).user_message.conversation_id

    with pytest.raises(ConversationNotFoundError):
        await application.chat(BOB, "Hello", conversation_id=conversation_id)

    assert len(world.responder.turns) == 1


async def test_a_blank_turn_is_refused_under_the_name_that_the_caller_knows() -> None:
    with pytest.raises(RuleViolationError) as raised:
        await FakeWorld().application.chat(ANN, "  ")

    assert raised.value.field == "message"
