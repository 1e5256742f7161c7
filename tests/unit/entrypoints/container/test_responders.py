"""The responder that the settings name."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.echo.responder import EchoResponder
from adapters.openai_agents.responder import AgentResponder
from domain.model_context import ContextBudget
from domain.reply_events import TextDelta
from entrypoints.container.responders import check_responder, open_responder
from entrypoints.settings import Settings, SettingsError
from tests.support.histories import user
from tests.support.scripted_agents import turn_of

ROOT = Path(__file__).parents[4]


def settings_of(**more: Any) -> Settings:
    return Settings(database_url="postgresql://ann@db.test/chat", **more)


async def test_the_echo_answers_unless_another_is_named() -> None:
    async with open_responder(settings_of()) as responder:
        assert isinstance(responder, EchoResponder)
        assert responder.budget is None


async def test_the_echo_has_the_delay_of_the_settings() -> None:
    turn = replace(turn_of(user("one two")), text="one two")

    async with open_responder(settings_of(echo_delay=1e-6)) as responder:
        events = [event async for event in responder.reply(turn)]

    assert events[1:-1] == [TextDelta("one "), TextDelta("two")]


async def test_an_agent_has_the_budget_of_the_settings() -> None:
    settings = settings_of(responder="agent", openai_api_key="k", context_max_messages=7, context_max_tokens=900)

    check_responder(settings)
    async with open_responder(settings) as responder:
        assert isinstance(responder, AgentResponder)
        assert responder.budget == ContextBudget(max_messages=7, max_tokens=900)


@pytest.mark.parametrize(
    ("responder", "says"),
    [
        ("parrot", "RESPONDER must be echo, agent, or agent:package.module:attribute"),
        ("agent:module", "RESPONDER must be echo, agent, or agent:package.module:attribute"),
        ("agent:a:b:c", "RESPONDER must be echo, agent, or agent:package.module:attribute"),
        ("agent:no.module:agent", "RESPONDER: no.module:agent can't be imported"),
        ("agent", "RESPONDER: OPENAI_API_KEY is required"),
    ],
)
async def test_a_responder_that_can_not_be_made_is_refused_in_one_line(responder: str, says: str) -> None:
    settings = settings_of(responder=responder)

    with pytest.raises(SettingsError) as raised:
        check_responder(settings)
    with pytest.raises(SettingsError) as again:
        async with open_responder(settings):
            pass

    assert str(raised.value).startswith(says)
    assert str(raised.value) == str(again.value)
    assert "\n" not in str(raised.value)


def python(program: str) -> str:
    """What a program prints in a process of its own, in which nothing is imported yet."""
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return ended.stdout


def test_without_the_extra_an_agent_is_refused_and_told_what_is_missing() -> None:
    printed = python(
        "import sys; sys.modules['agents'] = None\n"
        "from entrypoints.container.responders import check_responder\n"
        "from entrypoints.settings import Settings\n"
        "try: check_responder(Settings(database_url='x', responder='agent'))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )

    assert printed.startswith(
        'SettingsError RESPONDER needs the OpenAI Agents SDK: install ai-agent with its extra "ag'
    )


def test_the_echo_imports_nothing_of_the_extra() -> None:
    printed = python(
        "import sys\n"
        "import entrypoints.app\n"
        "from entrypoints.container.responders import check_responder\n"
        "from entrypoints.settings import Settings\n"
        "check_responder(Settings(database_url='x'))\n"
        "print(sorted({'agents', 'openai', 'httpx2'} & {*sys.modules}))"
    )

    assert printed == "[]\n"
