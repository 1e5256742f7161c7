"""The walk over owners, where the database refuses recursion over several of them."""

import secrets

import pytest
from sqlalchemy import text

from adapters.postgres.compiling import Statement
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database
from adapters.postgres.inspecting import DISTINCT_OWNERS_OF_ANYTHING, OWNERS_OF_ANYTHING
from adapters.postgres.owner_data import DISTINCT_OWNERS, DISTINCT_OWNERS_OF_KEYS, OWNERS, OWNERS_OF_KEYS
from adapters.postgres.owner_scan import page_of_owners
from domain.errors import UnavailableError
from domain.idempotency import IdempotencyKey
from domain.identifiers import OwnerId
from tests.support.reply_logs import new_conversation

PAIRS = [
    (OWNERS, DISTINCT_OWNERS),
    (OWNERS_OF_KEYS, DISTINCT_OWNERS_OF_KEYS),
    (OWNERS_OF_ANYTHING, DISTINCT_OWNERS_OF_ANYTHING),
]


def refused(condition: str) -> Statement:
    return Statement(text(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{condition}'; END $$"))


@pytest.mark.parametrize(("statement", "without_recursion"), PAIRS)
async def test_the_same_owners_are_found_without_recursion(
    database: Database, statement: Statement, without_recursion: Statement
) -> None:
    conversations = PostgresConversationRepository(database)
    for _ in range(3):
        owner_id = OwnerId(f"scan-{secrets.token_hex(6)}")
        for name in ("a", "b"):
            await conversations.create(owner_id, new_conversation("Hi"), IdempotencyKey(key=name, fingerprint=b"f"))

    found: list[OwnerId] = []
    after = ""
    while page := await page_of_owners(database, refused("feature_not_supported"), without_recursion, after, 2):
        assert len(page) <= 2
        found += page
        after = page[-1]

    assert found == await page_of_owners(database, statement, without_recursion, "", 100_000)
    assert len(found) >= 3


async def test_any_other_failure_is_an_outage(database: Database) -> None:
    with pytest.raises(UnavailableError):
        await page_of_owners(database, refused("internal_error"), DISTINCT_OWNERS, "", 2)
