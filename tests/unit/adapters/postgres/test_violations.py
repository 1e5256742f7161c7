"""What a cluster of Citus reports as an internal error, and is the violation of a constraint."""

import asyncpg
import pytest

from adapters.postgres.violations import violation_of

DUPLICATE = 'duplicate key value violates unique constraint "pk_idempotency_keys_102083"'
MISSING = (
    'insert or update on table "messages_102051" violates foreign key constraint "fk_messages_conversations_102051"'
)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (DUPLICATE, asyncpg.UniqueViolationError),
        ("doppelter Schlüsselwert verletzt Unique-Constraint »pk_conversations_7«", asyncpg.UniqueViolationError),
        (MISSING, asyncpg.ForeignKeyViolationError),
    ],
)
def test_the_name_of_a_shards_constraint_tells_what_is_violated(message: str, kind: type[Exception]) -> None:
    violation = violation_of(asyncpg.InternalServerError(message))

    assert type(violation) is kind
    assert str(violation) == message


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalServerError("could not read block 7"),
        asyncpg.InternalServerError('index "pk_messages" contains unexpected zero page'),  # the table's, not a shard's
        asyncpg.InternalServerError('constraint "pk_others_102083"'),
        asyncpg.DataCorruptedError(DUPLICATE),
        asyncpg.DiskFullError(DUPLICATE),
        TimeoutError(DUPLICATE),
    ],
)
def test_another_error_is_none(error: BaseException) -> None:
    assert violation_of(error) is None
