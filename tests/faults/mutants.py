"""Mutants: the service with a promise broken on purpose, for the tests under faults to find.

``python -m tests.faults.mutants serve`` starts the one that FAULTS_MUTANT names. The workers import this module again
as their main one, and so break the promise too.
"""

import os
import sys
from collections.abc import Mapping
from typing import Any, Final

from adapters.postgres import database, message_windows, reply_writes, writes
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database
from adapters.postgres.readiness import PostgresReadiness
from application.append_messages import AppendMessages
from entrypoints.cli.main import main
from entrypoints.http import statuses
from tests.faults import broken_application, broken_database, broken_repository
from tests.faults.broken_repository import altered

MUTANT: Final = "FAULTS_MUTANT"
_DELETE_MESSAGES = "DELETE FROM messages WHERE owner_id = $1 AND conversation_id = $2"

MUTANTS: Final[Mapping[str, tuple[Any, str, Any]]] = {
    "not durable": (PostgresReadiness, "check", broken_database.is_ready),
    "key not stored": (PostgresConversationRepository, "append", broken_repository.append_without_key),
    "key stored afterwards": (PostgresConversationRepository, "append", broken_repository.append_then_keep_key),
    "counts past a taken key": (
        writes,
        "APPEND",
        altered(
            writes.APPEND,
            ("WHERE $2::VARCHAR IS NOT NULL)", "ON CONFLICT DO NOTHING RETURNING key)"),
            ("ON true)", "ON EXISTS (SELECT FROM kept_key))"),
        ),
    ),
    "acknowledged before the commit": (Database, "write", broken_database.write_and_commit_later),
    "repeats without a key": (Database, "write", broken_database.write_twice_if_need_be),
    "replays the newest": (AppendMessages, "_replay", broken_application.replay_newest),
    "keeps fragments": (
        reply_writes,
        "BEGIN_AGAIN",
        altered(reply_writes.BEGIN_AGAIN, ("messages.removed_at IS NULL", "messages.removed_at IS NOT NULL")),
    ),
    "newest first": (PostgresConversationRepository, "messages", broken_repository.messages_newest_first),
    "reads lag": (PostgresConversationRepository, "messages", broken_repository.messages_with_a_lag),
    "pages overlap": (
        message_windows,
        "MESSAGES_AFTER",
        altered(message_windows.MESSAGES_AFTER, ("messages.seq > ", "messages.seq >= ")),
    ),
    "failures are defects": (database, "PASSING", ()),
    "does not say when": (statuses, "HEADERS", {}),
    "a breaker stays open": (Database, "_attempt", broken_database.attempt_behind_a_breaker),
    "a transaction stays open": (Database, "_attempt", broken_database.attempt_and_leave_open),
    "deletes in the background": (
        PostgresConversationRepository,
        "delete",
        broken_repository.delete_in_the_background,
    ),
    "deletes messages apart": (
        writes,
        "DELETE",
        altered(writes.DELETE, ("DELETE FROM", f"WITH gone AS ({_DELETE_MESSAGES}) DELETE FROM")),
    ),
}
"""What each replaces. The first needs a PostgreSQL with synchronous_commit off besides, the last one without the
foreign key from messages to conversations."""

FOUND_AT_A_STEP: Final = {
    "key not stored": "append",
    "key stored afterwards": "append",
    "repeats without a key": "append without a key",
}
"""For each mutant the write that shows it."""
FOUND_BY_DELETIONS: Final = {
    "deletes in the background": "after the deletion",
    "deletes messages apart": "rows are left",
}
"""For each mutant what is said of it."""
FOUND_BY_PAGINATION: Final = ("pages overlap",)

if mutant := os.environ.get(MUTANT):
    setattr(*MUTANTS[mutant])

if __name__ == "__main__":
    sys.exit(main())
