"""What is deleted is gone, whoever appends to it at the same moment."""

import asyncio
from pathlib import Path
from random import Random
from typing import Final

import httpx
import msgspec
import pytest

from tests.faults.deletions import Races
from tests.faults.mutants import FOUND_BY_DELETIONS, MUTANTS
from tests.faults.service import PATIENT, Service
from tests.support.databases import prepare_users
from tests.support.postgres import execute
from tests.support.service import running_service, settings_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]

_RACES: Final = 300


@pytest.fixture
def token(empty_database_url: str) -> str:
    (token,) = asyncio.run(prepare_users(empty_database_url, 1))
    return token


def race(address: str, token: str, races: int, database_url: str) -> Races:
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=address, headers=headers, timeout=30) as client:
        found = Races(client=client, random=Random(1))  # noqa: S311 - it shall be repeatable
        found.run(races, database_url)
    return found


def test_appends_and_deletions_happen_in_a_serial_order(empty_database_url: str, token: str, tmp_path: Path) -> None:
    environment = {**PATIENT, "DATABASE_POOL_SIZE": "50"}  # of which one user may take ten
    with Service(empty_database_url, tmp_path / "service.log", environment=environment) as service:
        found = race(service.address, token, _RACES, empty_database_url)

    assert found.wrong == []
    assert found.answers["delete 204"] == found.answers["delete 404"] == _RACES
    assert min(found.answers["append 201"], found.answers["append 404"]) > _RACES / 10, found.answers


@pytest.mark.parametrize("mutant", FOUND_BY_DELETIONS)
def test_what_is_left_of_the_deleted_is_found(
    mutant: str, empty_database_url: str, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if mutant == "deletes messages apart":
        execute(empty_database_url, "ALTER TABLE messages DROP CONSTRAINT fk_messages_conversations")
    monkeypatch.setattr(*MUTANTS[mutant])

    settings = msgspec.structs.replace(settings_for(empty_database_url), database_pool_size=50)
    with running_service(settings) as address:
        found = race(address, token, 100, empty_database_url)

    assert any(FOUND_BY_DELETIONS[mutant] in one for one in found.wrong), found.wrong
