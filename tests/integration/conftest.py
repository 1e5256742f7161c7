"""Fixtures of the integration tests."""

import logging
import re
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from entrypoints.cli.main import main


@pytest.fixture
def run_here(capsys: pytest.CaptureFixture[str]) -> Callable[..., CompletedProcess[str]]:
    """Runs a command in this process, where no other DATABASE_URL is set: one of its own takes a second to start."""

    def run_here(*arguments: str, **environment: str) -> CompletedProcess[str]:
        capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            for name, value in ({"DATABASE_URL": ""} | environment).items():
                patch.setenv(name, value)
            code = main(arguments)
        said = capsys.readouterr()
        return CompletedProcess(arguments, code, said.out, said.err)

    return run_here


@pytest.fixture
def refusal_of(run_here: Callable[..., CompletedProcess[str]], caplog: pytest.LogCaptureFixture) -> Callable[..., str]:
    """Runs a command that refuses, in this process; the one line that it says."""

    def refusal_of(*arguments: str, **environment: str) -> str:
        with caplog.at_level(logging.INFO):
            caplog.clear()
            ended = run_here(*arguments, **environment)
        assert (ended.returncode, ended.stdout, caplog.messages) == (1, "", [])
        assert re.fullmatch(r"ai-agent: .*\n", ended.stderr)
        return ended.stderr

    return refusal_of
