"""Histories that a test writes down in a line: messages of each role, and messages as they are kept."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.identifiers import ConversationId
from domain.message import Message, NewMessage, Status
from domain.roles import Role

CONVERSATION = ConversationId(UUID(int=0xABC))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def system(text: str = "be kind", role: Role = Role.SYSTEM) -> NewMessage:
    return NewMessage(role=role, content=text)


def user(text: str = "hello", status: Status = Status.COMPLETED) -> NewMessage:
    return NewMessage(role=Role.USER, content=text, status=status)


def call_of(call_id: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "f", "arguments": "{}"}}


def assistant(text: str | None = "hi", *call_ids: str, status: Status = Status.COMPLETED) -> NewMessage:
    calls = [call_of(call_id) for call_id in call_ids]
    return NewMessage(role=Role.ASSISTANT, content=text, tool_calls=calls, status=status)


def calls(*call_ids: str, status: Status = Status.COMPLETED) -> NewMessage:
    return assistant(None, *call_ids, status=status)


def result(call_id: str, text: str = "42", status: Status = Status.COMPLETED) -> NewMessage:
    return NewMessage(role=Role.TOOL, tool_call_id=call_id, content=text, status=status)


def kept(*messages: NewMessage, first: int = 1) -> list[Message]:
    """The messages as they are kept, with seqs from ``first`` on."""
    return [Message.of(message, CONVERSATION, seq, NOW) for seq, message in enumerate(messages, first)]
