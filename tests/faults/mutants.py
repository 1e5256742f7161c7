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
from application.chat import Chat
from application.reply_intake import ReplyIntake
from application.reply_writer import ReplyWriter
from application.settle_reply import SettleReply
from application.stop_reply import StopReply
from entrypoints.cli.main import main
from entrypoints.http import health, statuses
from entrypoints.server.draining import DrainingServer
from tests.faults import broken_application, broken_database, broken_replies, broken_repository
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
    "ends a reply without its batches": (
        reply_writes,
        "ADVANCE",
        altered(reply_writes.ADVANCE, ("reply_batches.n = $4::INTEGER - $10::INTEGER", "$10::INTEGER IS NOT NULL")),
    ),
    "ends a reply twice": (
        reply_writes,
        "ADVANCE",
        altered(reply_writes.ADVANCE, ("conversations.reply_seq = $3::BIGINT AND", "")),
    ),
    "writes past a missing batch": (
        reply_writes,
        "WRITE",
        altered(reply_writes.WRITE, ('before.n = "new".n - $8::INTEGER', "before.n = 0 * $8::INTEGER")),
    ),
    "keeps another text": (
        reply_writes,
        "ADVANCE",
        altered(reply_writes.ADVANCE, ("SET content=$11::JSON", "SET content=coalesce('\"\"', $11::JSON)")),
    ),
    "begins beside another": (
        reply_writes,
        "BEGIN",
        altered(reply_writes.BEGIN, (" AND conversations.reply_seq IS NULL", "")),
    ),
    "settles the living": (SettleReply, "if_silent", broken_replies.settle_the_living),
    "skips lost batches": (ReplyWriter, "_write", broken_replies.write_and_skip_the_lost),
    "says it twice": (ReplyIntake, "_take", broken_replies.take_twice),
    "answers a stop at once": (StopReply, "__call__", broken_replies.stop_without_waiting),
    "ends with its reader": (Chat, "_wait", broken_replies.wait_and_break_off),
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
    "stays ready": (health, "DRAINING", "never"),
    "ends at once": (DrainingServer, "_drain", DrainingServer.hurry),
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
FOUND_BY_RESTARTS: Final = ("stays ready", "ends at once")
FOUND_IN_A_TRIAL: Final = {
    "ends a reply without its batches": ("batches are lost, and the reply ends", "a log has no gap"),
    "ends a reply twice": ("the last batch is lost, and another ends the reply", "a reply ends once"),
    "writes past a missing batch": ("batches are lost, and more is said", "a log has no gap"),
    "keeps another text": ("batches are lost, and the reply ends", "a message is what its log says"),
    "begins beside another": ("a turn comes while a reply runs", "a second reply began"),
    "settles the living": ("a reply that lives is silent", "is kept, not"),
    "skips lost batches": ("batches are lost, and the reply ends", "no reply runs on"),
    "keeps fragments": ("an interrupted reply is asked for again", "a turn has one reply"),
    "answers a stop at once": ("it is stopped from elsewhere", "the next turn is refused"),
    "ends with its reader": ("its reader leaves", "is kept, not"),
}
"""For each mutant the trial that finds it, and what is said of it."""

if mutant := os.environ.get(MUTANT):
    setattr(*MUTANTS[mutant])

if __name__ == "__main__":
    sys.exit(main())
