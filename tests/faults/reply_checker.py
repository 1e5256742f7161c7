"""The reply checker: holds the logs of replies in a database against its messages, when no reply should run."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from adapters.postgres.reply_events import decode_events
from domain.errors import RuleViolationError
from domain.reply import StepEnd
from domain.reply_draft import ReplyDraft
from domain.reply_events import ReplyEvent, ReplyFinished
from tests.support.postgres import execute

_CONVERSATIONS = "SELECT id AS conversation_id, reply_seq FROM conversations"
_BATCHES = "SELECT conversation_id, seq, n, events FROM reply_batches ORDER BY conversation_id, seq, n"
_MESSAGES = """
    SELECT conversation_id, seq, role, content, status, reply_to FROM messages
    WHERE removed_at IS NULL ORDER BY conversation_id, seq
"""

type _Messages = Mapping[tuple[Any, int], Mapping[str, Any]]


def check_replies(database_url: str, conversation_id: UUID | None = None) -> Iterator[tuple[str, str]]:
    """Each of LOG_INVARIANTS that does not hold, with what is wrong: in all conversations, or in one.

    A log that was deleted is not missed.
    """

    def rows(statement: str) -> list[asyncpg.Record]:
        found = execute(database_url, statement)
        return [row for row in found if conversation_id in (None, row["conversation_id"])]

    for row in rows(_CONVERSATIONS):
        if row["reply_seq"] is not None:
            yield "no reply runs on", f"{row['conversation_id']} {row['reply_seq']}"
    messages: _Messages = {(row["conversation_id"], row["seq"]): dict(row) for row in rows(_MESSAGES)}
    yield from _check_turns(messages)
    logs: dict[tuple[Any, int], list[tuple[int, Sequence[ReplyEvent]]]] = defaultdict(list)
    for row in rows(_BATCHES):
        logs[row["conversation_id"], row["seq"]].append((row["n"], decode_events(row["events"])))
    for (conversation, seq), batches in logs.items():
        for invariant, what in _check_log(conversation, seq, batches, messages):
            yield invariant, f"{conversation} {seq}: {what}"


def _check_turns(messages: _Messages) -> Iterator[tuple[str, str]]:
    replies = Counter(
        (conversation, message["reply_to"])
        for (conversation, _), message in messages.items()
        if message["role"] == "assistant" and message["reply_to"] is not None
    )
    for (conversation, turn), count in replies.items():
        if count > 1:
            yield "a turn has one reply", f"{conversation} {turn} has {count}"
    for (conversation, seq), message in messages.items():
        if message["status"] == "in_progress":
            yield "no reply runs on", f"{conversation} {seq} is in progress"


def _check_log(
    conversation: Any, seq: int, batches: Sequence[tuple[int, Sequence[ReplyEvent]]], messages: _Messages
) -> Iterator[tuple[str, str]]:
    numbers = [number for number, _ in batches]
    if numbers != [*range(len(numbers))]:
        yield "a log has no gap", f"{numbers}"
    events = [event for _, events in batches for event in events]
    finishes = [isinstance(event, ReplyFinished) for event in events]
    if finishes != [False] * (len(events) - 1) + [True]:
        yield "a reply ends once", f"{events[-2:]} of {len(events)}, {sum(finishes)} ends"
        return
    draft, place = ReplyDraft(), seq
    try:
        ends = [end for event in events if (end := draft.add(event)) is not None]
    except RuleViolationError as error:
        yield "a message is what its log says", str(error)
        return
    for end in ends:
        yield from _check_message(end, messages.get((conversation, place)))
        place += end.added


def _check_message(end: StepEnd, message: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    if message is None:  # it was removed
        return
    content = None if message["content"] is None else json.loads(message["content"])
    logged = None if end.message.content_json is None else end.message.content_json.value
    if (content, message["status"]) != (logged, end.message.status):
        what = f"{message['status']} {content!r} is kept, {end.message.status} {logged!r} logged"
        yield "a message is what its log says", what
