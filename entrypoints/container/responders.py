"""Responders: the one that the settings name."""

import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from adapters.echo.responder import EchoResponder
from domain.ports.responder import Responder
from entrypoints.settings import Settings, SettingsError

_AGENT: Final = re.compile(r"agent(?::(\w[\w.]*:\w[\w.]*))?")
_ASSISTANT: Final = "adapters.openai_agents.assistant:assistant"
_SDK: Final = frozenset({"agents", "openai"})


def check_responder(settings: Settings) -> None:
    """Raise SettingsError unless the settings name a responder that can be made; an agent is imported for it."""
    if name := _agent_name(settings):
        with _extra():
            from entrypoints.container import agents  # noqa: PLC0415 - only who asks for an agent has the extra
        agents.check_agent(name, settings)


@asynccontextmanager
async def open_responder(
    settings: Settings, model_headers: Callable[[], Mapping[str, str]] | None = None
) -> AsyncIterator[Responder]:
    """The responder, which is closed at the end. Raises SettingsError.

    ``model_headers``: what each request to the endpoint of models has in its head, beside the client's own.
    """
    if name := _agent_name(settings):
        with _extra():
            from entrypoints.container import agents  # noqa: PLC0415 - as above, and pays for its memory
        async with agents.open_agent(name, settings, model_headers) as responder:
            yield responder
    else:
        yield EchoResponder(settings.echo_delay)


def _agent_name(settings: Settings) -> str | None:
    """Where the agent is that answers; None if the echo does. Raises SettingsError."""
    if settings.responder == "echo":
        return None
    if named := _AGENT.fullmatch(settings.responder):
        return named[1] or _ASSISTANT
    raise SettingsError("RESPONDER must be echo, agent, or agent:package.module:attribute")


@contextmanager
def _extra() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name not in _SDK:
            raise
        raise SettingsError(
            'RESPONDER needs the OpenAI Agents SDK: install ai-agent with its extra "agents", '
            "such as by uv sync --extra agents"
        ) from error
