"""Agents that are named in a setting: found, made, or refused in one line."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from agents import Agent
from agents.testing import ScriptedModel

from adapters.openai_agents.endpoint import EndpointSettings
from adapters.openai_agents.loading import AgentLoadingError, find_agent, make_agent, require_model

MODULE = """
from agents import Agent

agent = Agent(name="mine")

class Holder:
    agent = Agent(name="held")

def plain():
    return Agent(name="made")

async def awaited():
    return Agent(name="awaited")

def other():
    return "no agent"

number = 1
"""

type WriteModule = Callable[[str, str], None]


@pytest.fixture(name="write")
def write_module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[WriteModule]:
    """Writes a module into the folder in which the process is, as it were, started."""
    monkeypatch.chdir(tmp_path)
    path, modules = [*sys.path], {*sys.modules}

    def write(name: str, text: str) -> None:
        (tmp_path / f"{name}.py").write_text(text)

    yield write

    sys.path[:] = path
    for name in {*sys.modules} - modules:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("my_agents:agent", "mine"),
        ("my_agents:Holder.agent", "held"),
        ("my_agents:plain", "made"),
        ("my_agents:awaited", "awaited"),
    ],
)
async def test_an_agent_is_found_in_the_folder_and_made(write: WriteModule, name: str, made: str) -> None:
    write("my_agents", MODULE)

    agent = await make_agent(find_agent(name))

    assert agent.name == made


async def test_a_module_in_the_folder_hides_none_that_is_installed(write: WriteModule) -> None:
    write("agents", "raise RuntimeError")
    write("my_agents", MODULE)

    assert (await make_agent(find_agent("my_agents:agent"))).name == "mine"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("missing:agent", "missing:agent can't be imported: ModuleNotFoundError: No module named 'missing'"),
        ("my_agents:missing", "my_agents:missing can't be imported: AttributeError: module 'my_agents' has no"),
        ("broken:agent", "broken:agent can't be imported: ValueError: of two"),
        ("my_agents:number", "my_agents:number must be an Agent, or a function that makes one"),
        ("my_agents:Holder", "my_agents:Holder must be an Agent, or a function that makes one"),
    ],
)
def test_what_is_no_agent_is_refused_in_one_line(write: WriteModule, name: str, says: str) -> None:
    write("my_agents", MODULE)
    write("broken", "raise ValueError('of two\\nlines')")

    with pytest.raises(AgentLoadingError) as raised:
        find_agent(name)

    assert str(raised.value).startswith(says)
    assert "\n" not in str(raised.value)


async def test_a_function_that_makes_no_agent_is_refused(write: WriteModule) -> None:
    write("my_agents", MODULE)
    source = find_agent("my_agents:other")

    with pytest.raises(AgentLoadingError, match="must make an Agent, not str"):
        await make_agent(source)


@pytest.mark.parametrize(
    ("endpoint", "says"),
    [
        ({}, "OPENAI_API_KEY is required"),
        ({"model": "m"}, "OPENAI_API_KEY is required"),
        ({"base_url": "localhost:11434", "model": "m"}, "OPENAI_BASE_URL must be an address"),
        ({"base_url": "http://localhost:11434/v1"}, "OPENAI_DEFAULT_MODEL is required"),
    ],
)
def test_an_agent_without_a_model_of_its_own_needs_an_endpoint(endpoint: dict[str, Any], says: str) -> None:
    with pytest.raises(AgentLoadingError, match=says):
        require_model(Agent(name="A"), EndpointSettings(**endpoint))


@pytest.mark.parametrize(
    ("agent", "endpoint"),
    [
        (Agent[Any](name="A"), {"api_key": "k"}),
        (Agent[Any](name="A"), {"base_url": "http://localhost:11434/v1", "model": "m"}),
        (Agent[Any](name="A", model="m"), {"base_url": "http://localhost:11434/v1"}),
        (Agent[Any](name="A", model=ScriptedModel()), {}),
        (lambda: Agent[Any](name="A"), {}),  # it is known once it is made
    ],
)
def test_an_agent_that_has_what_it_needs_is_accepted(agent: Any, endpoint: dict[str, Any]) -> None:
    require_model(agent, EndpointSettings(**endpoint))


def test_the_key_does_not_show() -> None:
    assert "secret" not in repr(EndpointSettings(api_key="secret"))
