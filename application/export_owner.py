"""Export an owner: read everything that one owner has."""

from collections.abc import AsyncIterator

from domain.conversation import Conversation
from domain.identifiers import OwnerId
from domain.message import Message
from domain.ports.owner_archive import OwnerArchive


class ExportOwner:
    """Read all conversations of an owner with all their messages."""

    def __init__(self, archive: OwnerArchive) -> None:
        self._archive = archive

    def __call__(self, owner_id: OwnerId) -> AsyncIterator[Conversation | Message]:
        """Each conversation by id, followed by its messages by seq. Raises ConflictError, UnavailableError."""
        return self._archive.entries(owner_id)
