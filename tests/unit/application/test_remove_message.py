"""Removing messages, on fakes: what goes with a message, and what stays."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import override

import pytest

from domain.append import decide_append
from domain.errors import ConflictError, MessageNotFoundError, ReplyRunningError
from domain.identifiers import ConversationId, OwnerId
from domain.message import NewMessage
from domain.principal import Principal
from domain.removal import Removal
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.begun import ANN, BOB, begin, open_calls, seqs
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.fakes.reply_log import InMemoryReplyLog
from tests.support.histories import assistant, calls, result, system, user

HISTORY = [
    user("weather?"),  # 1
    calls("a", "b"),  # 2
    assistant("one moment"),  # 3
    result("b"),  # 4
    calls("c"),  # 5
    result("c"),  # 6
    result("a"),  # 7
    assistant("sunny"),  # 8
    user("and tomorrow?"),  # 9
    calls("a", "d"),  # 10
    result("d"),  # 11
]


@pytest.mark.parametrize(
    ("removed", "gone", "leaves"),
    [
        (1, {1}, {"a"}),
        (2, {2, 4, 7}, {"a"}),
        (3, {3}, {"a"}),
        (4, {2, 4, 7}, {"a"}),
        (5, {5, 6}, {"a"}),
        (6, {5, 6}, {"a"}),
        (7, {2, 4, 7}, {"a"}),
        (9, {9}, {"a"}),
        (10, {10, 11}, set()),
        (11, {10, 11}, set()),
    ],
)
async def test_a_message_goes_with_its_calls_and_their_results(removed: int, gone: set[int], leaves: set[str]) -> None:
    world = FakeWorld()
    place = await begin(world, *HISTORY)

    await world.application.remove_message(ANN, place, removed)

    assert await seqs(world, place) == [seq for seq in range(1, 12) if seq not in gone]
    assert await open_calls(world, place) == leaves
    for seq in gone:
        with pytest.raises(MessageNotFoundError):
            await world.application.remove_message(ANN, place, seq)


async def test_calls_and_results_are_found_however_far_apart_they_are() -> None:
    world = FakeWorld()
    between = [assistant(str(n)) for n in range(450)]
    place = await begin(world, user(), calls("a", "b"), *between, result("a"), *between, result("b"))

    await world.application.remove_message(ANN, place, 904)

    page = await world.application.read_history(ANN, place)
    assert (page.conversation.last_seq, page.messages[-1].seq) == (904, 903)
    assert [message.role.value for message in page.messages].count("tool") == 0
    context = await world.application.read_context(ANN, place)
    assert context.omitted + len(context.messages) == 901
    assert [await world.conversations.count_before(ANN.owner_id, place, seq) for seq in (3, 905)] == [1, 901]


async def test_a_call_that_is_made_again_keeps_its_result() -> None:
    world = FakeWorld()
    place = await begin(world, user("1"), calls("a"), user("2"), calls("a"), result("a"))
    await world.application.remove_message(ANN, place, 3)  # the turn that had closed the first call

    await world.application.remove_message(ANN, place, 2)

    assert await seqs(world, place) == [1, 4, 5]


async def test_a_call_whose_turn_is_removed_stays_closed() -> None:
    world = FakeWorld()
    place = await begin(world, user("1"), calls("a"), user("2"))

    await world.application.remove_message(ANN, place, 3)

    assert await open_calls(world, place) == frozenset()


@pytest.mark.parametrize("seq", [0, 3, 2**32 - 1])
async def test_what_is_not_there_can_not_be_removed(seq: int) -> None:
    world = FakeWorld()
    place = await begin(world, user(), assistant())

    for principal, conversation_id, number in (
        (ANN, place, seq),
        (BOB, place, 1),
        (ANN, ConversationId(world.ids.next()), 1),
    ):
        with pytest.raises(MessageNotFoundError):
            await world.application.remove_message(principal, conversation_id, number)

    assert await seqs(world, place) == [1, 2]


async def test_a_persons_session_removes_messages_of_any_role() -> None:
    world = FakeWorld()
    place = await begin(world, system(), user(), calls("a"), result("a"), assistant())

    for seq in (1, 2, 3, 5):
        await world.application.remove_message(Principal(owner_id=OwnerId("ann")), place, seq)

    assert await seqs(world, place) == []


async def test_a_title_that_is_made_of_the_message_is_made_anew() -> None:
    world = FakeWorld()
    place = await begin(world, system(), user("first"), assistant(), user("second"))

    async def title_after(seq: int) -> str | None:
        await world.application.remove_message(ANN, place, seq)
        return (await world.application.read_history(ANN, place)).conversation.title

    assert [await title_after(3), await title_after(2), await title_after(4)] == ["first", "second", None]
    await world.application.append_messages(ANN, place, [user("third")])
    assert (await world.application.read_history(ANN, place)).conversation.title == "third"


@dataclass
class AppendsBefore(InMemoryConversationRepository):
    """Appends what it is given, one before each removal."""

    appended: list[NewMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    @override
    async def remove(self, owner_id: OwnerId, conversation_id: ConversationId, removal: Removal) -> None:
        if self.appended:
            world = FakeWorld(conversations=self)
            await world.application.append_messages(ANN, conversation_id, [self.appended.pop(0)])
        await super().remove(owner_id, conversation_id, removal)


async def test_a_result_that_comes_meanwhile_goes_too() -> None:
    repository = AppendsBefore()
    world = FakeWorld(conversations=repository)
    place = await begin(world, user(), calls("a", "b"))
    repository.appended = [result("a"), assistant(), result("b"), calls("a")]

    await world.application.remove_message(ANN, place, 2)

    assert await seqs(world, place) == [1, 4, 6]
    assert await open_calls(world, place) == {"a"}


async def test_other_appends_do_not_delay_the_removal_of_what_has_no_open_call() -> None:
    repository = AppendsBefore()
    world = FakeWorld(conversations=repository)
    place = await begin(world, user(), calls("a"), result("a"))
    repository.appended = [assistant()] * 2

    await world.application.remove_message(ANN, place, 2)

    assert len(repository.appended) == 1
    assert await seqs(world, place) == [1, 4]


async def test_a_removal_that_always_comes_too_late_is_a_conflict() -> None:
    repository = AppendsBefore()
    world = FakeWorld(conversations=repository)
    place = await begin(world, user(), calls("a"))
    repository.appended = [assistant()] * 200

    with pytest.raises(ConflictError):
        await world.application.remove_message(ANN, place, 2)


@pytest.mark.parametrize("removal", ["remove_message", "pop_message", "clear_conversation"])
async def test_while_a_reply_runs_nothing_is_removed_and_an_orphaned_reply_is_ended_first(removal: str) -> None:
    repository = InMemoryConversationRepository()
    log = InMemoryReplyLog(repository)
    world = FakeWorld(conversations=repository, reply_log=log)
    place = await begin(world, user("1"))
    await log.begin(ANN.owner_id, place, decide_append([user("2")], None), None)
    arguments = (ANN, place, 1) if removal == "remove_message" else (ANN, place)

    with pytest.raises(ReplyRunningError):
        await getattr(world.application, removal)(*arguments)
    assert await seqs(world, place) == [1, 2, 3]

    log.skip(timedelta(minutes=1))
    await getattr(world.application, removal)(*arguments)

    left = {"remove_message": [2, 3], "pop_message": [1, 2], "clear_conversation": []}
    assert await seqs(world, place) == left[removal]
