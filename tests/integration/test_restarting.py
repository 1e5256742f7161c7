"""SIGHUP to ``ai-agent serve``: new workers read the settings anew, and old ones stay if the new ones can't serve."""

import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from entrypoints.settings import Settings
from tests.support.commands import AI_AGENT, INHERITED, WITH_AUTHENTICATION
from tests.support.processes import kill_all, workers_of
from tests.support.service import AGENT_KEY, OLD_AGENT_KEY
from tests.support.sockets import free_port
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(300)  # it starts processes six times


def test_workers_that_are_restarted_have_the_settings_of_now_or_are_not_restarted(
    settings: Settings, new_token: Callable[[], str], tmp_path: Path
) -> None:
    port, token, log = free_port(), new_token(), tmp_path / "log"
    url, keys = tmp_path / "database_url", tmp_path / "agent_keys"
    url.write_text(settings.database_url)
    keys.write_text(OLD_AGENT_KEY)
    environment = {**WITH_AUTHENTICATION, "DATABASE_URL_FILE": f"{url}", "AGENT_KEYS_FILE": f"{keys}"}
    command = [str(AI_AGENT), "serve", "--port", str(port), "--workers", "2"]
    given_up = "The restart is given up, and the old workers stay: a new one has not started ({}"

    with (
        log.open("w") as errors,
        subprocess.Popen(command, env={**INHERITED, **environment}, stderr=errors) as process,
    ):
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}) as one:
                # One that had not started yet would read the unfit settings, and be replaced.
                assert eventually(lambda: log.read_text().count('"message":"Started"') == 2, 60)
                first = {*workers_of(process.pid)}

                for file, unfit, reason in (
                    (keys, "short", "AGENT_KEYS must be"),
                    (url, "postgresql://nobody@127.0.0.1:1/nowhere", "[Errno"),
                ):
                    good = file.read_text()
                    file.write_text(unfit)
                    process.send_signal(signal.SIGHUP)
                    assert eventually(lambda reason=reason: given_up.format(reason) in log.read_text(), 90)  # type: ignore[misc]  # bound for the loop
                    file.write_text(good)
                assert eventually(lambda: {*workers_of(process.pid)} == first)
                assert accepts(one, OLD_AGENT_KEY)

                keys.write_text(AGENT_KEY)
                process.send_signal(signal.SIGHUP)
                assert eventually(lambda: not first & {*workers_of(process.pid)}, 120)

            with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {token}"}) as one:
                assert accepts(one, AGENT_KEY)
                assert not accepts(one, OLD_AGENT_KEY)
            process.terminate()
            ended = process.wait(25)
        except BaseException:
            kill_all(process)
            raise

    assert ended == 0


def accepts(client: httpx.Client, key: str) -> bool:
    """Whether an agent with this key is known."""
    return client.get("/api/me", headers={"X-Agent-Key": key}).is_success
