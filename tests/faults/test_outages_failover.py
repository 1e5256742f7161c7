"""When the primary is lost and its standby promoted, the service moves over, and nothing acknowledged is lost."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.connecting import Connector
from tests.faults.chaos import open_conversations, under_load
from tests.faults.cluster import CrashingDatabase
from tests.faults.deployment import Deployment, settings_with_short_timeouts
from tests.faults.fault_proxy import FaultProxy
from tests.faults.history_checker import check_history
from tests.faults.operation_history import SECONDS_TO_RECOVER, OperationHistory
from tests.support.databases import prepare_users
from tests.support.postgres import execute
from tests.support.service import running_service
from tests.support.waiting import eventually

pytestmark = [pytest.mark.faults, pytest.mark.timeout(90)]

_SECONDS_TO_NOTICE: Final = {"refuses": 0.0, "is silent": 3.0}
"""Until the standby is promoted; statements that wait for a silent primary have ended by then."""
_IS_SYNCHRONOUS: Final = "SELECT FROM pg_stat_replication WHERE sync_state = 'sync'"


@contextmanager
def synchronous_standby(primary: CrashingDatabase, folder: Path) -> Iterator[CrashingDatabase]:
    """A copy of the primary that has each commit before it is acknowledged."""
    primary.copy_to(folder, "--write-recovery-conf")
    with CrashingDatabase(folder) as standby:
        execute(primary.url, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
        assert eventually(lambda: bool(execute(primary.url, _IS_SYNCHRONOUS)))
        yield standby


@pytest.mark.parametrize("how", _SECONDS_TO_NOTICE)  # its processes died, or its machine
def test_the_service_moves_to_the_promoted_standby(
    how: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history, kind = OperationHistory(), f"the primary {how}"
    with ExitStack() as stack:
        primary = stack.enter_context(CrashingDatabase(tmp_path / "primary"))
        tokens = asyncio.run(prepare_users(primary.url))
        standby = stack.enter_context(synchronous_standby(primary, tmp_path / "standby"))
        proxies = [stack.enter_context(FaultProxy(one.socket)) for one in (primary, standby)]
        hosts = ",".join(f"127.0.0.1:{proxy.port}" for proxy in proxies)
        url = f"postgresql://postgres@{hosts}/postgres?sslmode=disable&target_session_attrs=read-write"
        address = stack.enter_context(running_service(settings_with_short_timeouts(url)))
        conversations = open_conversations(address, tokens)
        with under_load(address, conversations, history, seed=1), ExitStack() as silence:
            time.sleep(1)
            history.fault_began(kind)
            if how == "is silent":
                silence.enter_context(proxies[0].silent())
            primary.kill()
            time.sleep(_SECONDS_TO_NOTICE[how])
            execute(standby.url, "SELECT pg_promote()")
            history.fault_ended(kind, within=SECONDS_TO_RECOVER)
            history.settle()
            time.sleep(SECONDS_TO_RECOVER + 2)
        check_history(standby.url, history)

    with capsys.disabled():
        print(f"\n{history.report}")  # noqa: T201 - the figures
    assert history.report.violations.total() == 0, history.report
    assert len(history.answers) == len(history.operations) > 50, history.report


def test_a_service_on_a_standby_is_ready_once_that_is_promoted(tmp_path: Path) -> None:
    with CrashingDatabase(tmp_path / "primary") as primary:
        asyncio.run(prepare_users(primary.url))
        with (
            synchronous_standby(primary, tmp_path / "standby") as standby,
            running_service(settings_with_short_timeouts(standby.url)) as address,
            httpx.Client(base_url=address) as client,
        ):
            before = client.get("/health/ready")
            execute(standby.url, "SELECT pg_promote()")
            after = client.get("/health/ready")

    assert before.status_code == 503
    assert "it is a standby" in before.json()["detail"]
    assert after.status_code == 200


async def test_new_connections_go_where_the_last_one_went(deployment: Deployment) -> None:
    connect = Connector()
    with FaultProxy(deployment.database.socket) as other:
        ports = [deployment.proxy.port, other.port]
        url = f"postgresql://postgres@127.0.0.1:{ports[0]},127.0.0.1:{ports[1]}/postgres?sslmode=disable"
        arguments = DatabaseAddress.parse(url).arguments
        with deployment.proxy.refusing():
            first = await connect(**arguments)
        second = await connect(**arguments)
        with other.refusing():
            third = await connect(**arguments)
        connections = (first, second, third)
        taken = [connection._addr[1] for connection in connections]  # type: ignore[attr-defined]  # the stubs lack it
        for connection in connections:
            connection.terminate()

    assert taken == [ports[1], ports[1], ports[0]]
