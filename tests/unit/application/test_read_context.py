"""Reading the context of a model, on fakes."""

from typing import override

import pytest

from domain.errors import BudgetTooSmallError, ConversationNotFoundError
from domain.identifiers import ConversationId, OwnerId
from domain.message import NewMessage, Status
from domain.model_context import ContextBudget, ModelContext
from domain.pages import MAX_PAGE_BYTES, MessagePage, MessageWindow
from domain.principal import Principal
from domain.roles import Role
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.histories import assistant, calls, result, system, user

ANN = Principal.agent(on_behalf_of="ann")
BOB = Principal(owner_id=OwnerId("bob"))


class ReadsCounted(InMemoryConversationRepository):
    """Counts the pages that are read, and their messages."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[int] = []

    @override
    async def messages(self, owner_id: OwnerId, conversation_id: ConversationId, window: MessageWindow) -> MessagePage:
        page = await super().messages(owner_id, conversation_id, window)
        self.pages.append(len(page.messages))
        return page


async def begin(world: FakeWorld, *messages: NewMessage) -> ConversationId:
    created = await world.application.create_conversation(ANN)
    for first in range(0, len(messages), 100):
        await world.application.append_messages(ANN, created.conversation.id, messages[first : first + 100])
    return created.conversation.id


def turns(count: int) -> list[NewMessage]:
    return [one for n in range(count) for one in (user(f"{n}u"), assistant(f"{n}a"))]


def texts(context: ModelContext) -> list[object]:
    return [one.content and one.content.value for one in context.messages]


async def test_a_short_conversation_is_read_whole_in_one_page() -> None:
    world = FakeWorld(conversations=(counted := ReadsCounted()))
    conversation_id = await begin(world, system("s"), *turns(10), calls("x"), user("end"))

    context = await world.application.read_context(ANN, conversation_id)

    assert texts(context)[0] == "s"
    assert (len(context.messages), context.last_seq, context.omitted) == (24, 23, 0)
    assert counted.pages == [23]


async def test_an_empty_conversation_has_an_empty_context() -> None:
    world = FakeWorld()

    context = await world.application.read_context(ANN, await begin(world))

    assert context == ModelContext(messages=(), last_seq=0, omitted=0)


async def test_a_long_conversation_is_read_from_its_end_and_its_beginning() -> None:
    world = FakeWorld(conversations=(counted := ReadsCounted()))
    conversation_id = await begin(world, system("s"), *turns(500))

    context = await world.application.read_context(ANN, conversation_id, ContextBudget(max_messages=50))

    assert counted.pages == [66, 10]
    assert texts(context)[0] == "s"
    assert texts(context)[-1] == "499a"
    assert 38 <= len(context.messages) <= 50
    assert (context.last_seq, context.omitted) == (1001, 1001 - len(context.messages))


async def test_the_largest_context_is_read_in_pages() -> None:
    world = FakeWorld(conversations=(counted := ReadsCounted()))
    conversation_id = await begin(world, *turns(1000))

    context = await world.application.read_context(
        ANN, conversation_id, ContextBudget(max_messages=1000, max_tokens=1_000_000)
    )

    assert counted.pages == [200] * 6 + [10]
    assert 750 <= len(context.messages) <= 1000


async def test_no_more_is_read_than_the_tokens_hold() -> None:
    world = FakeWorld(conversations=(counted := ReadsCounted()))
    conversation_id = await begin(world, *turns(1000))

    context = await world.application.read_context(
        ANN, conversation_id, ContextBudget(max_messages=1000, max_tokens=700)
    )

    assert counted.pages == [200, 10]
    assert 75 <= len(context.messages) <= 100


async def test_a_context_ends_before_a_message_that_does_not_fit() -> None:
    world = FakeWorld()
    long = "x" * 1_000_000
    conversation_id = await begin(world, *turns(100), *(user(long) for _ in range(5)), *turns(30))

    context = await world.application.read_context(
        ANN, conversation_id, ContextBudget(max_messages=100, max_tokens=1_000_000)
    )

    assert 45 <= len(context.messages) <= 60  # each long one takes more than all tokens


async def test_what_says_nothing_is_not_read_for_ever() -> None:
    world = FakeWorld(conversations=(counted := ReadsCounted()))
    silent = [assistant("", status=Status.FAILED)] * 2_000
    conversation_id = await begin(world, user("a"), *silent)

    context = await world.application.read_context(ANN, conversation_id, ContextBudget(max_messages=10))

    assert sum(counted.pages) <= 10 + 256 + 200 + 10
    assert (context.messages, context.omitted) == ((), 2_001)


async def test_the_calls_of_256_results_are_found() -> None:
    world = FakeWorld()
    ids = [f"c{n}" for n in range(256)]
    conversation_id = await begin(
        world, *turns(200), calls(*ids[:128]), calls(*ids[128:]), *(result(one) for one in ids)
    )

    context = await world.application.read_context(ANN, conversation_id, ContextBudget(max_messages=350))

    assert {one.tool_call_id for one in context.messages if one.tool_call_id} == {*ids}


async def test_metadata_is_not_read_for_more_bytes_than_two_pages() -> None:
    world = FakeWorld(conversations=(counted := ReadsCounted()))
    heavy = [NewMessage(role=Role.USER, content="a", metadata={"m": "x" * 16_000})] * 1_200
    conversation_id = await begin(world, *heavy)

    await world.application.read_context(ANN, conversation_id, ContextBudget(max_messages=1000))

    assert sum(counted.pages) * 16_000 < 2 * MAX_PAGE_BYTES


async def test_a_budget_that_is_too_small_is_refused_by_its_name() -> None:
    world = FakeWorld()
    conversation_id = await begin(world, system("s"), user("a"))

    with pytest.raises(BudgetTooSmallError) as raised:
        await world.application.read_context(ANN, conversation_id, ContextBudget(max_messages=1))

    assert raised.value.field == "max_messages"


async def test_instructions_that_are_given_come_first_and_are_no_message() -> None:
    world = FakeWorld()
    conversation_id = await begin(world, system("s"), user("a"))

    context = await world.application.read_context(ANN, conversation_id, instructions="Be brief.")

    assert texts(context) == ["Be brief.", "s", "a"]
    assert (context.messages[0].role, context.last_seq, context.omitted) == (Role.SYSTEM, 2, 0)


async def test_instructions_take_their_share_of_the_budget() -> None:
    world = FakeWorld()
    conversation_id = await begin(world, *turns(20))
    budget = ContextBudget(max_messages=10)

    without = await world.application.read_context(ANN, conversation_id, budget)
    context = await world.application.read_context(ANN, conversation_id, budget, instructions="Be brief.")

    assert len(context.messages) <= 10
    assert context.omitted >= without.omitted
    with pytest.raises(BudgetTooSmallError):
        await world.application.read_context(
            ANN, conversation_id, ContextBudget(max_tokens=1000), instructions="x" * 1000
        )


async def test_a_stranger_finds_no_conversation() -> None:
    world = FakeWorld()
    conversation_id = await begin(world, user("a"))

    with pytest.raises(ConversationNotFoundError):
        await world.application.read_context(BOB, conversation_id)
