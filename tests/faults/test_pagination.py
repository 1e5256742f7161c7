"""Who pages through a conversation meets each message once, in order, while others write."""

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.faults.mutants import FOUND_BY_PAGINATION, MUTANTS
from tests.faults.pagination import paginate_while_written
from tests.faults.service import PATIENT, Service
from tests.support.databases import prepare_users

pytestmark = [pytest.mark.faults, pytest.mark.timeout(120)]


def test_each_reader_meets_each_message_once_in_order(empty_database_url: str, tmp_path: Path) -> None:
    (token,) = asyncio.run(prepare_users(empty_database_url, 1))
    with (
        Service(empty_database_url, tmp_path / "service.log", environment=PATIENT) as service,
        httpx.Client(base_url=service.address, headers={"Authorization": f"Bearer {token}"}, timeout=30) as client,
    ):
        wrong = paginate_while_written(client, appends=40)

    assert wrong == []


@pytest.mark.parametrize("mutant", FOUND_BY_PAGINATION)
def test_a_message_met_twice_is_found(mutant: str, client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*MUTANTS[mutant])

    wrong = paginate_while_written(client, appends=3)

    assert wrong != []
