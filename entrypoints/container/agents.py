"""Agents of the Agents SDK, wired to their models; only who asks for an agent imports this."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from adapters.openai_agents.endpoint import Endpoint, EndpointSettings, WireApi
from adapters.openai_agents.loading import AgentLoadingError, find_agent, make_agent, require_model
from adapters.openai_agents.responder import AgentResponder
from domain.model_context import ContextBudget
from domain.ports.responder import Responder
from entrypoints.settings import Settings, SettingsError


def check_agent(name: str, settings: Settings) -> None:
    """Raise SettingsError unless there is such an agent and it has a model; a function is not called for it."""
    try:
        require_model(find_agent(name), _endpoint_of(settings))
    except AgentLoadingError as error:
        raise SettingsError(f"RESPONDER: {error}") from error


@asynccontextmanager
async def open_agent(
    name: str, settings: Settings, headers: Callable[[], Mapping[str, str]] | None = None
) -> AsyncIterator[Responder]:
    """The agent as a responder; its connections are closed at the end. Raises SettingsError."""
    endpoint = Endpoint(_endpoint_of(settings), headers)
    try:
        agent = await make_agent(find_agent(name))
        require_model(agent, _endpoint_of(settings))
    except AgentLoadingError as error:
        raise SettingsError(f"RESPONDER: {error}") from error
    budget = ContextBudget(max_messages=settings.context_max_messages, max_tokens=settings.context_max_tokens)
    try:
        yield AgentResponder(agent, endpoint, budget, is_traced=not settings.openai_agents_disable_tracing)
    finally:
        await endpoint.aclose()


def _endpoint_of(settings: Settings) -> EndpointSettings:
    """Where the models are."""
    wire_api = settings.openai_wire_api
    return EndpointSettings(
        base_url=settings.openai_base_url,
        api_key=settings.openai_api_key,
        model=settings.openai_default_model,
        wire_api=None if wire_api == "auto" else WireApi(wire_api),
    )
