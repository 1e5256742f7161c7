"""Conversations: as they are stored, as they begin, and what may be changed."""

from collections.abc import Mapping
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final, Self

from domain.append import AppendDecision
from domain.errors import RuleViolationError
from domain.identifiers import ConversationId
from domain.json_text import EMPTY_OBJECT, JsonText
from domain.message import NewMessage
from domain.metadata import make_metadata, make_patch, merge_patch
from domain.quotas import NO_QUOTAS, Quotas
from domain.title import check_title


@dataclass(frozen=True, slots=True, kw_only=True)
class NewConversation:
    """A conversation to be created, with its first messages if ``append`` has any.

    ``quotas``: it must not be created if its owner has as many conversations as they allow.
    """

    id: ConversationId
    title: str | None
    metadata: JsonText
    append: AppendDecision | None
    quotas: Quotas = NO_QUOTAS

    @property
    def first_messages(self) -> tuple[NewMessage, ...]:
        """The messages that it begins with."""
        return self.append.messages if self.append else ()

    @property
    def opening_title(self) -> str | None:
        """The title that was given, or else the one that the first messages suggest; None if there is neither."""
        if self.title is not None or self.append is None:
            return self.title
        return self.append.title

    @property
    def title_is_auto(self) -> bool:
        """Whether its title was suggested by the first messages."""
        return self.title is None and self.opening_title is not None


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation of one owner; ``updated_at`` is its latest append, ``last_seq`` the seq of its last message.

    ``reply_seq``: the first seq of the reply that runs in it; None if none does.
    """

    id: ConversationId
    title: str | None
    title_is_auto: bool
    metadata: JsonText
    last_seq: int
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime
    reply_seq: int | None = None

    @classmethod
    def of(cls, new: NewConversation, created_at: datetime) -> Self:
        """What a new conversation becomes once it is kept, with its first messages."""
        return cls(
            id=new.id,
            title=new.opening_title,
            title_is_auto=new.title_is_auto,
            metadata=new.metadata,
            last_seq=len(new.first_messages),
            archived_at=None,
            created_at=created_at,
            updated_at=created_at,
        )

    @property
    def archived(self) -> bool:
        """Whether its owner has archived it."""
        return self.archived_at is not None


class Unset(Enum):
    """The value of a field that the caller left out, where None has a meaning of its own."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationPatch:
    """What a caller wants changed, as JSON Merge Patch (RFC 7396): what is not mentioned stays, None removes.

    ``replaces_metadata``: the metadata is not merged, but takes the place of what there was.
    Raises RuleViolationError for a title that is none, and for metadata that no object can come of.
    """

    title: str | None | Unset = UNSET
    metadata: InitVar[Mapping[str, Any] | None | Unset] = UNSET
    archived: bool | None | Unset = UNSET
    replaces_metadata: bool = False
    metadata_patch: JsonText | None | Unset = field(init=False)

    def __post_init__(self, metadata: Mapping[str, Any] | None | Unset) -> None:
        if isinstance(self.title, str):
            check_title(self.title)
        patch = metadata if metadata is None or metadata is UNSET else make_patch(metadata)
        object.__setattr__(self, "metadata_patch", patch)

    @property
    def depends_on_metadata(self) -> bool:
        """Whether the outcome can't be known without the metadata as it is."""
        return isinstance(self.metadata_patch, JsonText) and not self.replaces_metadata

    def decide(self, metadata: JsonText | None) -> "ConversationChange":
        """The change to write, decided on the metadata as it is (None where it doesn't matter)."""
        return ConversationChange(
            title=self.title,
            metadata=self._merge(metadata),
            archived=self.archived if self.archived is UNSET else bool(self.archived),
            decided_on_metadata=metadata if self.depends_on_metadata else None,
        )

    def _merge(self, metadata: JsonText | None) -> JsonText | None:
        if self.metadata_patch is UNSET:
            return None
        if self.metadata_patch is None:
            return EMPTY_OBJECT
        if self.replaces_metadata:
            return make_metadata(self.metadata_patch.value)
        if metadata is None:
            raise RuleViolationError("metadata", "can't be merged into nothing")
        return make_metadata(merge_patch(metadata.value, self.metadata_patch.value))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationChange:
    """A change as it is written: only if the metadata is still ``decided_on_metadata`` (None: whatever it is)."""

    title: str | None | Unset
    metadata: JsonText | None
    archived: bool | Unset
    decided_on_metadata: JsonText | None
