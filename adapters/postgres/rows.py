"""Rows become domain objects, and domain objects become the values of statements."""

from collections.abc import Sequence
from typing import Any

import asyncpg

from adapters.postgres.columns import MESSAGE_COLUMNS
from domain.conversation import Conversation
from domain.idempotency import Effect, IdempotencyKey
from domain.identifiers import ConversationId
from domain.json_text import JsonText
from domain.message import Message, NewMessage, Status
from domain.roles import Role

_ROLES = {role.value: role for role in Role}
_STATUSES = {status.value: status for status in Status}
_MESSAGE = slice(-len(MESSAGE_COLUMNS), None)


def conversation_of(row: asyncpg.Record, prefix: str = "") -> Conversation:
    """The conversation in a row; the names of its columns begin with ``prefix``."""
    return Conversation(
        id=ConversationId(row[f"{prefix}id"]),
        title=row[f"{prefix}title"],
        title_is_auto=row[f"{prefix}title_is_auto"],
        metadata=JsonText(row[f"{prefix}metadata"]),
        last_seq=row[f"{prefix}last_seq"],
        archived_at=row[f"{prefix}archived_at"],
        created_at=row[f"{prefix}created_at"],
        updated_at=row[f"{prefix}updated_at"],
        reply_seq=row[f"{prefix}reply_seq"],
    )


def message_of(conversation_id: ConversationId, row: asyncpg.Record) -> Message:
    """The message in a row whose last columns are a message's."""
    # A page is 50 of these, and finding each column by its name takes as long as the rest.
    seq, role, content, tool_calls, tool_call_id, name, status, metadata, created_at, item = row[_MESSAGE]
    return Message(
        conversation_id,
        seq,
        _ROLES[role],
        _json(content),
        _json(tool_calls),
        tool_call_id,
        name,
        _STATUSES[status],
        JsonText(metadata),
        created_at,
        _json(item),
    )


def effect_of(row: asyncpg.Record) -> Effect:
    """The effect in a row with the columns of an idempotency key."""
    return Effect(
        fingerprint=row["fingerprint"],
        conversation_id=ConversationId(row["conversation_id"]),
        first_seq=row["first_seq"],
        last_seq=row["last_seq"],
        created_at=row["created_at"],
    )


def values_of_key(key: IdempotencyKey | None) -> dict[str, Any]:
    """The parameters for a key, or for none."""
    return {"key": key and key.stored, "fingerprint": key and key.fingerprint}


def calls_in_order(open_calls: frozenset[str] | None) -> list[str] | None:
    """Open tool calls in the order in which the database compares them."""
    return None if open_calls is None else sorted(open_calls)


def values_of_message(message: NewMessage) -> dict[str, Any]:
    """The parameters for what becomes of a message in progress."""
    return {
        "content": _text(message.content_json),
        "tool_calls": _text(message.tool_calls_json),
        "status": message.status.value,
    }


def values_of_messages(messages: Sequence[NewMessage]) -> dict[str, Any]:
    """The parameters for new messages: an array for each column, and their count."""
    return {
        "count": len(messages),
        "messages_role": [message.role.value for message in messages],
        "messages_content": [_text(message.content_json) for message in messages],
        "messages_tool_calls": [_text(message.tool_calls_json) for message in messages],
        "messages_tool_call_id": [message.tool_call_id for message in messages],
        "messages_name": [message.name for message in messages],
        "messages_status": [message.status.value for message in messages],
        "messages_metadata": [message.metadata_json.text for message in messages],
        "messages_item": [_text(message.item_json) for message in messages],
    }


def _json(text: str | None) -> JsonText | None:
    return None if text is None else JsonText(text)


def _text(document: JsonText | None) -> str | None:
    return None if document is None else document.text
