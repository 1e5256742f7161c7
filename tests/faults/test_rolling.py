"""Rolling restarts: no request fails while instances behind a balancer, or workers of one instance, are replaced."""

import asyncio
import os
import sys
from collections import deque
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.faults.mutants import FOUND_BY_RESTARTS, MUTANT
from tests.faults.rolling import CLIENTS, Outcome, under_steady_load
from tests.faults.service import PATIENT, Service
from tests.support.balancer import Balancer, balancing
from tests.support.databases import prepare_users
from tests.support.postgres import new_database

_RESTARTS = int(os.environ.get("FAULTS_RESTARTS", "8"))
"""Of instances and workers together, at least."""

_ATTEMPTS = 5
"""To find a mutant: a request must come in the moment in which nobody accepts it."""

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600 + 30 * _RESTARTS)]

_ENVIRONMENT = {**PATIENT, "DRAIN_SECONDS": "3", "ECHO_DELAY": "0.05", "REPLY_LEASE": "15"}


def roll_instances(url: str, folder: Path, restarts: int, mutant: str = "") -> Outcome:
    """Two instances of one worker behind a balancer: one after the other is ended, and another one started."""
    tokens = asyncio.run(prepare_users(url, CLIENTS))
    environment = {**_ENVIRONMENT, MUTANT: mutant}

    async def roll() -> Outcome:
        with ExitStack() as stack:

            def start() -> Service:
                command = (sys.executable, "-m", "tests.faults.mutants")
                return stack.enter_context(
                    Service(url, folder / "service.log", command=command, environment=environment, workers=1)
                )

            instances = deque([start(), start()])
            balancer = Balancer(*(instance.address for instance in instances))

            def restart() -> None:
                for _ in range(restarts):
                    old = instances.popleft()
                    old.terminate()
                    balancer.instances.remove(old.address)
                    instances.append(start())
                    balancer.instances.append(instances[-1].address)
                    balancer.await_ready(instances[-1].address)

            async with balancing(balancer) as address:
                return await under_steady_load(address, tokens, restart)

    return asyncio.run(roll())


def test_no_request_fails_while_two_instances_are_restarted(empty_database_url: str, tmp_path: Path) -> None:
    outcome = roll_instances(empty_database_url, tmp_path, _RESTARTS // 2)

    assert outcome.violations(empty_database_url) == [], (tmp_path / "service.log").read_text()
    assert outcome.requests > CLIENTS * 6


def test_no_request_fails_while_the_workers_of_one_instance_are_restarted(
    empty_database_url: str, tmp_path: Path
) -> None:
    tokens = asyncio.run(prepare_users(empty_database_url, CLIENTS))
    with Service(empty_database_url, tmp_path / "service.log", environment=_ENVIRONMENT) as service:

        def restart() -> None:
            for _ in range(_RESTARTS // 4):
                service.restart_workers()

        outcome = asyncio.run(under_steady_load(service.address, tokens, restart))

    assert outcome.violations(empty_database_url) == [], (tmp_path / "service.log").read_text()
    assert outcome.requests > CLIENTS * 6


@pytest.mark.parametrize("mutant", FOUND_BY_RESTARTS)
def test_a_service_that_does_not_drain_is_found(mutant: str, server_url: str, tmp_path: Path) -> None:
    def is_found() -> bool:
        with new_database(server_url) as url:
            return roll_instances(url, tmp_path, 2, mutant).violations(url) != []

    assert any(is_found() for _ in range(_ATTEMPTS))
