"""Statements that fill the tables with many sound rows at once, and the ids of the conversations that they make."""

from typing import Final

_ID: Final = "('0190a000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid"
_CREATED: Final = "'2026-01-01'::timestamptz + n * interval '1 s'"


def conversation_id(number: int) -> str:
    """The id of the conversation of this number."""
    return f"conv_0190a000000070008000{number:012x}"


def conversations(first: int, last: int, *, owner: str, messages: int, archived_at: str = "NULL") -> str:
    """Insert the conversations of these numbers, for so many messages each; ``owner`` is SQL, and may name ``n``."""
    return f"""
        INSERT INTO conversations
            (owner_id, id, title, title_is_auto, metadata, last_seq, open_tool_calls, archived_at,
            created_at, updated_at)
        SELECT {owner}, {_ID}, 'Conversation ' || n, true, '{{}}', {messages}, '{{}}', {archived_at},
            {_CREATED}, {_CREATED} + {messages} * interval '1 ms'
        FROM generate_series({first}, {last}) AS n
    """  # noqa: S608 - numbers of ours


def messages(text: str, conversations: str = "conversations") -> str:
    """Insert all messages of conversations that have none yet; ``text`` is what each says after its seq."""
    return f"""
        INSERT INTO messages (owner_id, conversation_id, seq, role, content, status, metadata, created_at)
        SELECT owner_id, id, seq, CASE seq % 2 WHEN 1 THEN 'user' ELSE 'assistant' END,
            to_json(seq || '. {text}'), 'completed', '{{}}', created_at + seq * interval '1 ms'
        FROM {conversations}, generate_series(1, last_seq) AS seq
    """  # noqa: S608 - a text of ours
