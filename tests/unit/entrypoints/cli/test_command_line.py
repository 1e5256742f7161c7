"""The command line itself: help, version, completion, exit codes."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from entrypoints.cli.exit_codes import ExitCode
from entrypoints.cli.main import main
from tests.support.commands import AI_AGENT, INHERITED

ROOT = Path(__file__).parents[4]
COMMANDS = {
    "Serving": ["serve", "dev", "config", "openapi"],
    "Schema": ["migrate"],
    "People's data": ["export", "import", "erase"],
    "Maintenance": ["purge-orphans", "purge-expired", "purge-keys", "fsck"],
}
HEAVY = {"adapters", "asyncpg", "alembic", "litestar", "rich", "sqlalchemy", "uvicorn"}
LOADED = """
import sys
from entrypoints.cli.main import main
assert main(sys.argv[1:]) == {code}
print(*sorted({{name.split(".")[0] for name in sys.modules}}))
"""


def test_the_help_lists_all_commands_by_section(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == ExitCode.DONE

    printed = capsys.readouterr().out
    sections = re.findall(r"^([A-Z][\w' ]+):\n((?:  .*\n?)+)", printed, re.MULTILINE)
    listed = {title: re.findall(r"^  ([a-z][a-z-]*) ", lines, re.MULTILINE) for title, lines in sections}
    assert {title: names for title, names in listed.items() if names} == COMMANDS


@pytest.mark.parametrize("command", [name for names in COMMANDS.values() for name in names])
def test_each_command_has_a_help_of_its_own(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == ExitCode.DONE

    assert capsys.readouterr().out.startswith(f"Usage: ai-agent {command} ")


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == ExitCode.DONE

    assert capsys.readouterr().out == f"ai-agent {version('ai-agent')}\n"


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["import", "--help"], ["fsck", "--fly"]])
def test_what_runs_no_command_imports_no_server_and_no_database(arguments: list[str]) -> None:
    script = LOADED.format(code=ExitCode.USAGE if "--fly" in arguments else ExitCode.DONE)

    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True)

    loaded = set(done.stdout.splitlines()[-1].split())
    assert "click" in loaded
    assert loaded & HEAVY == set()


def test_without_a_command_there_is_the_help_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == ExitCode.USAGE

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("Usage: ai-agent ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fly"], "No such command 'fly'. Try ai-agent --help."),
        (["fsck", "--fly"], "No such option '--fly'. Try ai-agent fsck --help."),
        (["fsck", "now"], "Got unexpected extra argument (now). Try ai-agent fsck --help."),
        (["serve", "--port", "70000"], "'--port': 70000 is not in the range 0<=x<=65535. Try ai-agent serve --help."),
        (["serve", "--workers", "0"], "'--workers': 0 is not in the range 1<=x<=1000. Try ai-agent serve --help."),
        (["import", "--user", "ann"], "Missing argument 'FILE'. Try ai-agent import --help."),
        (["migrate", "--check", "--sql"], "--sql goes with neither --check nor --json. Try ai-agent migrate --help."),
        (["--completion", "ksh"], "'ksh' is not one of 'bash', 'fish', 'zsh'. Try ai-agent --help."),
    ],
)
def test_a_wrong_command_line_is_told_in_one_line(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == ExitCode.USAGE

    said = capsys.readouterr()
    assert said.out == ""
    assert re.fullmatch(rf"ai-agent: .*{re.escape(says)}\n", said.err)


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_the_script_of_a_shell_asks_for_completions_as_they_are_answered(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--completion", shell]) == ExitCode.DONE

    assert f"_AI_AGENT_COMPLETE={shell}_complete" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("ai-agent pur", ["purge-orphans", "purge-expired", "purge-keys"]), ("ai-agent erase --b", ["--batch-size"])],
)
def test_commands_and_options_are_completed(typed: str, completed: list[str]) -> None:
    asked = {"_AI_AGENT_COMPLETE": "bash_complete", "COMP_WORDS": typed, "COMP_CWORD": str(typed.count(" "))}

    done = subprocess.run([AI_AGENT], env=INHERITED | asked, capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == [f"plain,{word}" for word in completed]


def test_the_exit_codes_are_those_of_the_documents() -> None:
    rows = re.findall(r"^\| (\d+) \| (\w+) \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)

    assert rows == [(str(code.value), code.name.lower()) for code in ExitCode]
