"""The checker of a reply history: holds what is in the database at the end against it."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.consistency_reader import PostgresConsistencyReader
from adapters.postgres.database import Database, PoolSettings
from application.check_consistency import CheckConsistency
from domain.consistency import Finding
from domain.identifiers import ConversationId, format_conversation_id
from tests.faults.reply_checker import check_replies
from tests.faults.reply_history import ReplyHistory
from tests.support.postgres import execute

_CONVERSATIONS: Final = "SELECT id, last_seq FROM conversations"
_MESSAGES: Final = """
    SELECT conversation_id, seq, role, content, status, reply_to, removed_at IS NOT NULL AS is_removed
    FROM messages ORDER BY conversation_id, seq
"""

type _Messages = Mapping[str, Mapping[int, Mapping[str, Any]]]


def check_reply_history(database_url: str, history: ReplyHistory) -> None:
    """Note in the history all that is not as it must be."""
    for invariant, what in check_replies(database_url):
        history.violated(invariant, what)
    for finding in asyncio.run(_findings(database_url)):
        history.violated("storage is consistent", str(finding))
    messages: dict[str, dict[int, Mapping[str, Any]]] = defaultdict(dict)
    for row in execute(database_url, _MESSAGES):
        content = None if row["content"] is None else json.loads(row["content"])
        messages[_name(row["conversation_id"])][row["seq"]] = {**dict(row), "content": content}
    for row in execute(database_url, _CONVERSATIONS):
        conversation = _name(row["id"])
        if conversation in history.deleted:
            history.violated("what is deleted is gone", conversation)
        if {*messages[conversation]} != {*range(1, row["last_seq"] + 1)}:
            history.violated("seqs are dense", f"{conversation}: {len(messages[conversation])} of {row['last_seq']}")
    _check_turns(messages, history)
    _check_words(messages, history)
    _check_followed(messages, history)


def _check_turns(messages: _Messages, history: ReplyHistory) -> None:
    """Every turn is there once, with the reply that was acknowledged."""
    for operation in history.operations.values():
        if operation.conversation in history.deleted:
            continue
        turns = [one for one in messages[operation.conversation].values() if one["content"] == operation.writes[0][1]]
        if len(turns) != 1:
            history.violated("one key, one effect", f"{operation.key} was written {len(turns)} times")
    for key, answer in history.answers.items():
        kept = messages[answer["conversation_id"]]
        if answer["conversation_id"] in history.deleted:
            continue
        for told in (answer["user_message"], answer["assistant_message"]):
            there = kept.get(told["seq"])
            if there is None or (there["content"], there["status"]) != (told["content"], told["status"]):
                history.violated("acknowledged is kept", f"{key}: {told} was acknowledged, {there} kept")
        turn = answer["user_message"]["seq"]
        if len([one for one in kept.values() if one["reply_to"] == turn and not one["is_removed"]]) != 1:
            history.violated("a turn has one reply", f"{key} {turn}")


def _check_words(messages: _Messages, history: ReplyHistory) -> None:
    """A reply says what the echo was to say: all of it, or its beginning if it was broken off."""
    for conversation, kept in messages.items():
        for seq, message in kept.items():
            if message["role"] != "assistant" or message["is_removed"]:
                continue
            history.count(f"replies {message['status']}")
            turn = kept.get(message["reply_to"], {"content": None})
            full = f"Echo: {turn['content']}"
            said = message["content"]
            if said != full and not (message["status"] != "completed" and full.startswith(said)):
                history.violated("a reply is what was to be said", f"{conversation} {seq}: {said!r}")


def _check_followed(messages: _Messages, history: ReplyHistory) -> None:
    """A follower saw the beginning of what is kept; or more, in the process of a writer that did not end the reply."""
    for followed in history.followed:
        message = messages[followed.conversation].get(followed.seq) if followed.conversation in messages else None
        if message is None or message["is_removed"]:
            continue
        kept, seen = message["content"], followed.text
        is_completed = message["status"] == "completed"
        if not kept.startswith(seen) and (is_completed or not seen.startswith(kept)):
            history.violated("a follower sees what is kept", f"{followed} of {kept!r}")
        elif followed.is_whole and is_completed and seen != kept:
            history.violated("a follower sees what is kept", f"{followed} ended before {kept!r}")


async def _findings(database_url: str) -> list[Finding]:
    found: list[Finding] = []
    async with Database.connect(DatabaseAddress.parse(database_url), PoolSettings(size=1)) as database:
        await CheckConsistency(PostgresConsistencyReader(database))(found.append)
    return found


def _name(conversation_id: Any) -> str:
    return format_conversation_id(ConversationId(conversation_id))
