"""The session of the Agents SDK, on fakes and on PostgreSQL: the SDK's Runner, and what others read afterwards."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast, override

import pytest
from agents import (
    Agent,
    GuardrailFunctionOutput,
    InputGuardrail,
    InputGuardrailTripwireTriggered,
    ModelBehaviorError,
    RunConfig,
    Runner,
    Session,
    SessionSettings,
    TResponseInputItem,
    function_tool,
)
from agents.testing import ModelStep, ScriptedModel, assistant_message, function_call

from adapters.openai_agents.session import ConversationSession
from application.facade import Application
from domain.append import AppendDecision
from domain.errors import ConversationNotFoundError, RuleViolationError, UnavailableError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.message import Message, NewMessage
from domain.principal import Principal
from domain.roles import Role
from entrypoints.embedded import open_application
from entrypoints.settings import Settings
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.conversations import InMemoryConversationRepository
from tests.support.histories import assistant, call_of, result, user
from tests.support.response_items import CHAT_ITEMS, OPAQUE_ITEMS
from tests.support.strict_provider import refusal

ANN = Principal.agent(on_behalf_of="session-ann")
UNTRACED = RunConfig(tracing_disabled=True)
EVERY_ITEM = [*CHAT_ITEMS.values(), *OPAQUE_ITEMS.values()]


@pytest.fixture(params=["in memory", "PostgreSQL"])
async def application(request: pytest.FixtureRequest, settings: Settings) -> AsyncIterator[Application]:
    if request.param == "in memory":
        yield FakeWorld().application
        return
    async with open_application(settings) as opened:
        yield opened


async def begin(application: Application, *messages: NewMessage, limit: int | None = None) -> ConversationSession:
    created = await application.create_conversation(ANN, messages=messages)
    return ConversationSession(
        application,
        owner_id=ANN.owner_id,
        conversation_id=created.conversation.id,
        session_settings=SessionSettings(limit=limit),
    )


def of(items: Sequence[dict[str, Any]]) -> list[TResponseInputItem]:
    return cast("list[TResponseInputItem]", items)


async def history(application: Application, session: ConversationSession) -> list[dict[str, Any]]:
    """What a client of the native API sees of the messages, as Chat Completions have them."""
    page = await application.read_history(ANN, session._conversation_id)
    return [message.to_chat() for message in page.messages]


async def require_valid(application: Application, session: ConversationSession) -> None:
    """Another model may go on with the conversation."""
    context = await application.read_context(ANN, session._conversation_id)
    assert refusal([message.to_chat() for message in context.messages]) is None


async def test_every_item_comes_back_as_it_was_added(application: Application) -> None:
    session = await begin(application)
    assert isinstance(session, Session)

    await session.add_items(of(EVERY_ITEM[:7]))
    await session.add_items(of(EVERY_ITEM[7:]))

    assert await session.get_items() == EVERY_ITEM
    for limit in (0, 1, 2, 17, len(EVERY_ITEM), 1000):
        assert await session.get_items(limit) == EVERY_ITEM[len(EVERY_ITEM) - min(limit, len(EVERY_ITEM)) :]
    await require_valid(application, session)


async def test_items_are_popped_one_by_one_and_what_is_left_is_as_it_was(application: Application) -> None:
    session = await begin(application)
    await session.add_items(of(EVERY_ITEM))

    for count in range(len(EVERY_ITEM), 0, -1):
        assert await session.pop_item() == EVERY_ITEM[count - 1]
        assert await session.get_items(3) == EVERY_ITEM[: count - 1][-3:]

    assert await session.pop_item() is None
    await session.add_items(of(EVERY_ITEM))
    assert await session.get_items() == EVERY_ITEM


async def test_a_session_that_is_cleared_is_empty_and_goes_on(application: Application) -> None:
    session = await begin(application)
    await session.add_items(of(EVERY_ITEM))

    await session.clear_session()
    await session.clear_session()

    assert await session.get_items() == []
    assert await session.pop_item() is None
    await session.add_items(of(EVERY_ITEM[:2]))
    assert await session.get_items() == EVERY_ITEM[:2]


async def test_many_items_are_kept_in_order(application: Application) -> None:
    session = await begin(application, limit=230)
    items = [{"role": "user", "content": str(number)} for number in range(450)]

    await session.add_items(of(items))
    await session.add_items([])

    assert await session.get_items() == items[-230:]
    assert await session.get_items(450) == await session.get_items(10_000) == items


async def test_calls_and_results_that_do_not_fit_are_kept_all_the_same(application: Application) -> None:
    session = await begin(application)
    call = {"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"}
    answer = {"type": "function_call_output", "call_id": "a", "output": "42"}
    orphan = {"type": "custom_tool_call_output", "call_id": "never", "output": "?"}
    added = [orphan, call, call, answer, answer, call, {"role": "user", "content": "never mind"}, answer]

    await session.add_items(of(added[:3]))
    await session.add_items(of(added[3:]))

    assert await session.get_items() == added
    assert [one.get("tool_calls", one["role"]) for one in await history(application, session)] == [
        "assistant",
        [call_of("a")],
        "assistant",
        "tool",
        "assistant",
        [call_of("a")],
        "user",
        "assistant",
    ]
    await require_valid(application, session)


async def test_what_can_not_be_kept_is_refused(application: Application) -> None:
    session = await begin(application)

    for item in ({"type": "x", "at": object()}, {"role": "user", "content": "\ud800"}):
        with pytest.raises(RuleViolationError):
            await session.add_items(of([{"role": "user", "content": "hello"}, item]))

    assert await session.get_items() == []


async def test_what_others_wrote_is_items_too(application: Application) -> None:
    both = NewMessage(role=Role.ASSISTANT, content="one moment", tool_calls=[call_of("a"), call_of("b")])
    session = await begin(application, user("weather?"), both, result("b"), result("a"), assistant("sunny"))

    assert [one.get("type", one.get("role")) for one in cast("list[dict[str, Any]]", await session.get_items())] == [
        "user",
        "assistant",
        "function_call",
        "function_call",
        "function_call_output",
        "function_call_output",
        "assistant",
    ]
    assert [cast("dict[str, Any]", one)["output"] for one in (await session.get_items(3))[:2]] == ["42", "42"]
    assert await session.pop_item() == {"role": "assistant", "content": "sunny"}
    for _ in range(2):
        await session.pop_item()
    assert await session.pop_item() == {"type": "function_call", "call_id": "b", "name": "f", "arguments": "{}"}
    assert await session.get_items() == [{"role": "user", "content": "weather?"}]


async def test_a_stranger_has_no_session(application: Application) -> None:
    session = await begin(application, user())
    strange = ConversationSession(application, owner_id="session-bob", conversation_id=session._conversation_id)

    for attempt in (
        strange.get_items(),
        strange.add_items(of(EVERY_ITEM[:1])),
        strange.pop_item(),
        strange.clear_session(),
    ):
        with pytest.raises(ConversationNotFoundError):
            await attempt

    assert len(await session.get_items()) == 1


class FailsOnce(InMemoryConversationRepository):
    """Its second append is written, but nobody learns it."""

    def __init__(self) -> None:
        super().__init__()
        self._appends = 0

    @override
    async def append(
        self,
        owner_id: OwnerId,
        conversation_id: ConversationId,
        decision: AppendDecision,
        key: IdempotencyKey | None,
    ) -> Sequence[Message]:
        self._appends += 1
        written = await super().append(owner_id, conversation_id, decision, key)
        if self._appends == 2:
            raise UnavailableError
        return written


async def test_items_that_are_added_again_after_a_failure_are_not_doubled() -> None:
    session = await begin(FakeWorld(conversations=FailsOnce()).application)
    items = [{"role": "user", "content": str(number)} for number in range(250)]

    with pytest.raises(UnavailableError):
        await session.add_items(of(items))
    await session.add_items(of(items))
    assert await session.get_items() == items

    await session.add_items(of(items[:1]))
    await session.add_items(of(items[:1]))
    assert await session.get_items(3) == [items[249], items[0], items[0]]


@function_tool
async def weather(city: str) -> str:
    """The weather."""
    return f"sunny in {city}"


def agent_of(*steps: Any, **options: Any) -> Agent[Any]:
    return Agent(name="Ann's agent", model=ScriptedModel(list(steps)), **options)


def asks(city: str, call_id: str) -> Any:
    return function_call("weather", {"city": city}, call_id=call_id)


def calls_in(chat: dict[str, Any]) -> list[str]:
    return [call["id"] for call in chat.get("tool_calls", ())]


async def test_several_turns_with_parallel_tools(application: Application) -> None:
    session = await begin(application)
    agent = agent_of(
        [asks("Rome", "call_a"), asks("Oslo", "call_b")],
        [assistant_message("Sunny in both.")],
        [assistant_message("You are welcome.")],
        tools=[weather],
    )

    await Runner.run(agent, "Weather in Rome and Oslo?", session=session, run_config=UNTRACED)
    await Runner.run(agent, "Thanks!", session=session, run_config=UNTRACED)

    chats = await history(application, session)
    assert [(one["role"], one["content"], calls_in(one)) for one in chats] == [
        ("user", "Weather in Rome and Oslo?", []),
        ("assistant", None, ["call_a"]),
        ("assistant", None, ["call_b"]),
        ("tool", "sunny in Rome", []),
        ("tool", "sunny in Oslo", []),
        ("assistant", "Sunny in both.", []),
        ("user", "Thanks!", []),
        ("assistant", "You are welcome.", []),
    ]
    assert len(cast("ScriptedModel", agent.model).calls[-1].input) == 7
    await require_valid(application, session)


async def test_a_handoff(application: Application) -> None:
    session = await begin(application)
    beta = Agent(name="Beta", model=ScriptedModel([[assistant_message("Beta here.")]]))
    alpha = agent_of([function_call("transfer_to_beta", {}, call_id="call_h")], handoffs=[beta])

    await Runner.run(alpha, "Beta, please", session=session, run_config=UNTRACED)

    chats = await history(application, session)
    assert [(one["role"], calls_in(one)) for one in chats] == [
        ("user", []),
        ("assistant", ["call_h"]),
        ("tool", []),
        ("assistant", []),
    ]
    assert chats[-1]["content"] == "Beta here."


async def test_a_guardrail_that_trips_leaves_what_the_user_said(application: Application) -> None:
    session = await begin(application)

    async def trip(*_: Any) -> GuardrailFunctionOutput:
        return GuardrailFunctionOutput(output_info=None, tripwire_triggered=True)

    agent = agent_of([assistant_message("never")], input_guardrails=[InputGuardrail(trip, run_in_parallel=False)])

    with pytest.raises(InputGuardrailTripwireTriggered):
        await Runner.run(agent, "Something bad", session=session, run_config=UNTRACED)

    assert await history(application, session) == [{"role": "user", "content": "Something bad"}]


async def test_after_a_model_that_failed_the_conversation_goes_on(application: Application) -> None:
    session = await begin(application)
    failing = agent_of([asks("Rome", "call_a")], ModelBehaviorError("no"), tools=[weather])

    with pytest.raises(ModelBehaviorError):
        await Runner.run(failing, "Weather?", session=session, run_config=UNTRACED)
    await Runner.run(agent_of([assistant_message("Sunny.")]), "Well?", session=session, run_config=UNTRACED)

    chats = await history(application, session)
    assert [one["role"] for one in chats] == ["user", "assistant", "tool", "user", "assistant"]
    await require_valid(application, session)


async def test_a_run_that_is_cancelled_leaves_a_conversation_that_goes_on(application: Application) -> None:
    session, thinks = await begin(application), asyncio.Event()

    async def hang(*_: Any) -> Any:
        thinks.set()
        await asyncio.Event().wait()

    hanging = agent_of([asks("Rome", "call_a")], ModelStep.respond(hang), tools=[weather])
    run = asyncio.create_task(Runner.run(hanging, "Weather?", session=session, run_config=UNTRACED))
    await thinks.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    await Runner.run(agent_of([assistant_message("Sunny.")]), "Well?", session=session, run_config=UNTRACED)

    chats = await history(application, session)
    assert [one["role"] for one in chats] == ["user", "assistant", "tool", "user", "assistant"]
    assert chats[-1]["content"] == "Sunny."
    await require_valid(application, session)
