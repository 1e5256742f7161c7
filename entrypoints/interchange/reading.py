"""Reading an export: its lines become what is to be imported."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

import msgspec

from domain.conversation import Conversation
from domain.errors import RuleViolationError
from domain.identifiers import ConversationId, OwnerId, parse_conversation_id
from domain.imports import ImportedMessage, derive_conversation_id
from domain.message import NewMessage, Status
from domain.metadata import make_metadata
from domain.title import check_title
from entrypoints.interchange.lines import VERSION, ConversationLine, EndLine, ExportLine, Line, MessageLine

MAX_LINE: Final = 16 * 1024 * 1024
"""In bytes; a message whose content, tool calls and item are as long as they may be is shorter."""
_decode: Final = msgspec.json.Decoder(Line).decode


class ExportReader:
    """Reads an export line by line; ``line`` is the number of the line that was read last.

    With ``new_ids_for`` each conversation gets a new id, always the same one for that owner.
    """

    def __init__(self, file: BinaryIO, new_ids_for: OwnerId | None = None) -> None:
        self.line = 0
        self._file = file
        self._new_ids_for = new_ids_for
        self._latest = ""
        self._conversations = 0
        self._messages = 0

    @property
    def place(self) -> str:
        """Where it is."""
        return f"Line {self.line}"

    def __iter__(self) -> Iterator[Conversation | ImportedMessage]:
        """Its conversations, each followed by its messages. Raises RuleViolationError if the latest line is not valid.

        That its last line is there is known only at the end.
        """
        first = self._next()
        if not isinstance(first, ExportLine) or first.version != VERSION:
            raise RuleViolationError("the first line", f"must be that of an export of version {VERSION}")
        while not isinstance(line := self._next(), EndLine):
            if isinstance(line, ConversationLine):
                yield self._conversation(line)
            elif isinstance(line, MessageLine):
                yield self._message(line)
            else:
                raise RuleViolationError("type", "must not be export after the first line")
        if (line.conversations, line.messages) != (self._conversations, self._messages):
            raise RuleViolationError("the end", "must count the lines before it: some are missing, or came twice")
        if self._file.read(1):
            self.line += 1
            raise RuleViolationError("the line", "must not follow the end")

    def _next(self) -> ExportLine | ConversationLine | MessageLine | EndLine:
        self.line += 1
        line = self._file.readline(MAX_LINE + 1)
        if not line:
            raise RuleViolationError("the line", "is missing: the export was cut off")
        if len(line) > MAX_LINE:
            raise RuleViolationError("the line", f"must not be longer than {MAX_LINE} bytes")
        try:
            decoded: ExportLine | ConversationLine | MessageLine | EndLine = _decode(line)
        except msgspec.ValidationError as error:
            complaint, _, path = str(error).partition(" - at `$.")
            told = complaint.partition(" '")[0]  # what follows is what the line says
            raise RuleViolationError(path.removesuffix("`") or "the line", f"is not valid: {told}") from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RuleViolationError("the line", "must be one JSON object, and whole") from error
        return decoded

    def _conversation(self, line: ConversationLine) -> Conversation:
        if line.id <= self._latest:
            raise RuleViolationError("id", "must be greater than that of the conversation before")
        found = parse_conversation_id(line.id)
        if found is None:
            raise RuleViolationError("id", "must be conv_ and 32 hex digits")
        if line.title is not None:
            check_title(line.title)
        created_at = _utc(line.created_at, "created_at")
        self._latest = line.id
        self._conversations += 1
        return Conversation(
            id=self._id_of(found, created_at),
            title=line.title,
            title_is_auto=line.title_is_auto,
            metadata=make_metadata(_object(line.metadata)),
            last_seq=line.last_seq,
            archived_at=None if line.archived_at is None else _utc(line.archived_at, "archived_at"),
            created_at=created_at,
            updated_at=_utc(line.updated_at, "updated_at"),
        )

    def _message(self, line: MessageLine) -> ImportedMessage:
        if line.conversation_id != self._latest:
            raise RuleViolationError("conversation_id", "must be that of the conversation before")
        self._messages += 1
        message = NewMessage(
            role=line.role,
            content=_value(line.content, "content"),
            tool_calls=() if line.tool_calls is msgspec.UNSET else _value(line.tool_calls, "tool_calls"),
            tool_call_id=None if line.tool_call_id is msgspec.UNSET else line.tool_call_id,
            name=None if line.name is msgspec.UNSET else line.name,
            metadata=_object(line.metadata),
            item=None if line.item is msgspec.UNSET else _value(line.item, "item"),
            # What makes a reply does not move with it.
            status=Status.INCOMPLETE if line.status is Status.IN_PROGRESS else line.status,
        )
        return ImportedMessage(seq=line.seq, message=message, created_at=_utc(line.created_at, "created_at"))

    def _id_of(self, found: ConversationId, created_at: datetime) -> ConversationId:
        if self._new_ids_for is None:
            return found
        return derive_conversation_id(self._new_ids_for, found.hex, created_at)


def _object(raw: msgspec.Raw) -> Mapping[str, Any]:
    value = _value(raw, "metadata")
    if not isinstance(value, dict):
        raise RuleViolationError("metadata", "must be an object")
    return value


def _value(raw: msgspec.Raw, field: str) -> Any:
    """The value, with numbers of any size, as ``JsonText`` decodes it."""
    try:
        return json.loads(bytes(raw).decode())
    except (ValueError, RecursionError) as error:
        raise RuleViolationError(field, "must be JSON in UTF-8") from error


def _utc(moment: datetime, field: str) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise RuleViolationError(field, "must be in the years 1 to 9999 of UTC") from error
