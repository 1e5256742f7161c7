"""Fixtures of the integration tests."""

import logging
import re
from collections.abc import Callable

import pytest

from entrypoints.cli.main import main


@pytest.fixture
def refusal_of(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Callable[..., str]:
    """Runs a command that refuses, in this process, where no other DATABASE_URL is set; the one line that it says."""

    def refusal_of(*arguments: str, **environment: str) -> str:
        for name, value in ({"DATABASE_URL": ""} | environment).items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        with caplog.at_level(logging.INFO):
            caplog.clear()
            code = main(arguments)
        said = capsys.readouterr()
        assert (code, said.out, caplog.messages) == (1, "", [])
        assert re.fullmatch(r"ai-agent: .*\n", said.err)
        return said.err

    return refusal_of
