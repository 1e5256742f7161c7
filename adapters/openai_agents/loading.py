"""Loading an agent: from the name that a deployment gives to the agent that it has there."""

import importlib
import inspect
import os
import re
import sys
from collections.abc import Awaitable, Callable
from typing import Any, Final

from agents import Agent, Model

from adapters.openai_agents.endpoint import EndpointSettings
from domain.ports.responder import Turn

_HTTP: Final = re.compile(r"https?://[^/]")

type AgentSource = Agent[Turn] | Callable[[], Agent[Turn] | Awaitable[Agent[Turn]]]


class AgentLoadingError(Exception):
    """There is no agent under this name, or it can't run; the message is one line."""


def find_agent(name: str) -> AgentSource:
    """The agent under ``package.module:attribute``, or the function that makes it.

    Modules in the folder where the process was started are found, too. Raises AgentLoadingError.
    """
    module_name, _, attribute = name.partition(":")
    if os.getcwd() not in sys.path:  # noqa: PTH109 - as it stands in the path
        sys.path.append(os.getcwd())  # noqa: PTH109 - at its end, so that it hides no module of ours or of the SDK
    try:
        found: Any = importlib.import_module(module_name)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:
        raise AgentLoadingError(f"{name} can't be imported: {type(error).__name__}: {_first_line(error)}") from error
    if not isinstance(found, Agent) and (isinstance(found, type) or not callable(found)):
        raise AgentLoadingError(f"{name} must be an Agent, or a function that makes one")
    return found


async def make_agent(source: AgentSource) -> Agent[Turn]:
    """The agent itself. Raises AgentLoadingError, and what its function raises."""
    made: Any = source if isinstance(source, Agent) else source()
    if inspect.isawaitable(made):
        made = await made
    if not isinstance(made, Agent):
        raise AgentLoadingError(f"the function must make an Agent, not {type(made).__name__}")
    return made


def require_model(agent: AgentSource, endpoint: EndpointSettings) -> None:
    """Raise AgentLoadingError if the agent needs a model of the endpoint, and the endpoint has none for it."""
    if not isinstance(agent, Agent) or isinstance(agent.model, Model):
        return
    if endpoint.base_url is None:
        if endpoint.api_key is None:
            raise AgentLoadingError("OPENAI_API_KEY is required, or OPENAI_BASE_URL for a server that needs no key")
        return
    if not _HTTP.match(endpoint.base_url):
        raise AgentLoadingError("OPENAI_BASE_URL must be an address such as http://localhost:11434/v1")
    if agent.model is None and endpoint.model is None:
        raise AgentLoadingError("OPENAI_DEFAULT_MODEL is required: the name of a model at OPENAI_BASE_URL")


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")
