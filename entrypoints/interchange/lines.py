"""The lines of an export: NDJSON, one JSON object a line, told apart by their ``type``."""

from datetime import datetime
from typing import Annotated, Final

import msgspec

from domain.message import Status
from domain.pages import MAX_SEQ
from domain.roles import Role

VERSION: Final = 1

type Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class ExportLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="export"):
    """The first line: the form of the others, and whose they are."""

    version: int
    user_id: str


class ConversationLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="conversation"):
    """A conversation. Its messages follow, up to ``last_seq``; seqs that do not come are those of removed ones."""

    id: str
    title: str | None
    title_is_auto: bool
    metadata: msgspec.Raw
    last_seq: Annotated[int, msgspec.Meta(ge=0, le=MAX_SEQ)]
    archived_at: Moment | None
    created_at: Moment
    updated_at: Moment


class MessageLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="message"):
    """A message of the conversation before it, as the API has it."""

    conversation_id: str
    seq: int
    role: Role
    content: msgspec.Raw
    tool_calls: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    tool_call_id: str | msgspec.UnsetType = msgspec.UNSET
    name: str | msgspec.UnsetType = msgspec.UNSET
    status: Status
    metadata: msgspec.Raw
    created_at: Moment
    item: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class EndLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="end"):
    """The last line: how many conversations and messages came before it. Without it an export is not complete."""

    conversations: int
    messages: int


type Line = ExportLine | ConversationLine | MessageLine | EndLine
