"""The examples of docs/openai.md run as they stand there."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.node_packages import NODE, install_packages
from tests.support.openai_js_client import DIRECTORY
from tests.support.service import AGENT_KEY

GUIDE = (Path(__file__).parents[3] / "docs" / "openai.md").read_text()


def examples(heading: str) -> list[str]:
    """What the guide shows under the heading of a code block."""
    return re.findall(rf"```{heading}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def environment(service: str, new_token: Callable[[], str]) -> dict[str, str]:
    own = {"AI_AGENT_URL": service, "SESSION_TOKEN": new_token(), "AGENT_KEY": AGENT_KEY}
    return {**os.environ, **own}


def printed(environment: dict[str, str], *command: str | Path) -> list[str]:
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_the_examples_in_python_run_one_after_the_other(environment: dict[str, str]) -> None:
    program = "\n".join(examples("python"))

    user, listed, *completions = printed(environment, sys.executable, "-W", "error", "-c", program)

    assert user == "user Plan a trip to Rome"
    assert re.fullmatch("conv_[0-9a-f]{32} Plan a trip to Rome", listed)
    assert completions == ["Echo: Plan a trip", "Echo: Plan a trip to Oslo", "3"]


def test_the_example_of_the_agents_sdk_runs(environment: dict[str, str]) -> None:
    (program,) = examples("python agents_session.py")

    assert printed(environment, sys.executable, "-c", program) == ["With pleasure. 2"]


@pytest.mark.timeout(360)  # npm may have to fetch the client
def test_the_examples_in_javascript_run_one_after_the_other(environment: dict[str, str]) -> None:
    assert "\n".join(examples("js")) == (DIRECTORY / "example.mjs").read_text()
    install_packages(DIRECTORY)

    assert printed(environment, NODE, DIRECTORY / "example.mjs") == [
        "user Plan a trip to Rome",
        "Echo: Plan a trip",
        "Echo: Plan a trip to Oslo",
    ]
