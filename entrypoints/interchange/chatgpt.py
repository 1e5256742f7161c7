"""Reading ChatGPT's export: of its ``conversations.json`` what people and the assistant said is to be imported."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

import msgspec

from domain.conversation import Conversation
from domain.errors import RuleViolationError
from domain.identifiers import OwnerId
from domain.imports import ImportedMessage, derive_conversation_id
from domain.message import NewMessage
from domain.metadata import make_metadata
from domain.roles import Role
from domain.title import MAX_LENGTH

_ROLES: Final = {role.value: role for role in (Role.SYSTEM, Role.USER, Role.ASSISTANT)}


class _Author(msgspec.Struct):
    role: str


class _Content(msgspec.Struct):
    parts: list[Any] = []


class _Message(msgspec.Struct):
    author: _Author
    content: _Content
    create_time: float | None = None


class _Node(msgspec.Struct):
    message: _Message | None = None
    parent: str | None = None


class _Conversation(msgspec.Struct):
    id: str
    mapping: dict[str, _Node]
    current_node: str | None = None
    title: str | None = None
    create_time: float | None = None
    update_time: float | None = None


class ChatGptReader:
    """Reads the conversations in the order of the file's array; ``number`` is that of the conversation read last.

    The file is read as a whole. A conversation is a tree: its messages are those from the root to ``current_node``, or
    else to the last node. Ids follow from ChatGPT's and the owner, so they are the same each time.
    """

    def __init__(self, file: BinaryIO, owner_id: OwnerId) -> None:
        self.number = 0
        self._file = file
        self._owner_id = owner_id

    @property
    def place(self) -> str:
        """Where it is."""
        return f"Conversation {self.number}"

    def __iter__(self) -> Iterator[Conversation | ImportedMessage]:
        """The conversations, each followed by its messages. Raises RuleViolationError if the latest is not valid."""
        for raw in _decode(self._file.read(), list[msgspec.Raw], "the file"):
            self.number += 1
            found = _decode(raw, _Conversation, "it")
            created_at = _moment(found.create_time or found.update_time or 0)
            messages = _messages_in(found, created_at)
            yield Conversation(
                id=derive_conversation_id(self._owner_id, f"chatgpt:{found.id}", created_at),
                title=_title_of(found),
                title_is_auto=False,
                metadata=make_metadata({"chatgpt_id": found.id}),
                last_seq=len(messages),
                archived_at=None,
                created_at=created_at,
                updated_at=max([_moment(found.update_time or 0), created_at, *(one.created_at for one in messages)]),
            )
            yield from messages


def _messages_in(conversation: _Conversation, created_at: datetime) -> Sequence[ImportedMessage]:
    """What has text, of those roles that need no tool call. A message without a time has that of the one before."""
    messages: list[ImportedMessage] = []
    for said in _branch(conversation):
        text = "\n".join(part for part in said.content.parts if isinstance(part, str))
        role = _ROLES.get(said.author.role)
        if role is None or not text.strip():
            continue
        if said.create_time is not None:
            created_at = _moment(said.create_time)
        message = NewMessage(role=role, content=text)
        messages.append(ImportedMessage(seq=len(messages) + 1, message=message, created_at=created_at))
    return messages


def _branch(conversation: _Conversation) -> Sequence[_Message]:
    """The messages from the root to the current node."""
    nodes = dict(conversation.mapping)
    name = conversation.current_node or next(reversed(nodes), None)
    branch: list[_Message] = []
    while name is not None:
        node = nodes.pop(name, None)  # so that none comes twice
        if node is None:
            raise RuleViolationError("mapping", "must lead from the current node to a root")
        if node.message is not None:
            branch.append(node.message)
        name = node.parent
    return branch[::-1]


def _title_of(conversation: _Conversation) -> str | None:
    return " ".join((conversation.title or "").replace("\0", " ").split())[:MAX_LENGTH] or None


def _moment(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise RuleViolationError("create_time", "must be in the years 1 to 9999") from error


def _decode[Value](data: bytes | msgspec.Raw, kind: type[Value], name: str) -> Value:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RuleViolationError(name, "is not as ChatGPT exports it") from error
