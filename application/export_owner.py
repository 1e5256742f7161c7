"""Export an owner: read everything that one owner has."""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from domain.conversation import Conversation
from domain.errors import OverloadedError
from domain.identifiers import OwnerId
from domain.message import Message
from domain.ports.owner_archive import OwnerArchive
from domain.principal import Principal

MOST_EXPORTS: Final = 4
"""Each holds a page, of 4 MiB at most, for as long as its reader takes."""
MOST_SECONDS: Final = 600.0


class ExportOwner:
    """Read all conversations of the caller with all their messages: one export an owner at a time, and few in all."""

    def __init__(self, archive: OwnerArchive, clock: Callable[[], float] = time.monotonic) -> None:
        self._archive = archive
        self._clock = clock
        self._running: set[OwnerId] = set()

    async def __call__(self, principal: Principal) -> AsyncGenerator[Conversation | Message, None]:
        """Each conversation by id, followed by its messages by seq.

        Raises OverloadedError if an export of the owner's is running, or MOST_EXPORTS are, or after MOST_SECONDS;
        ConflictError if a conversation is deleted while its messages are read; UnavailableError.
        """
        owner_id = principal.owner_id
        if owner_id in self._running or len(self._running) >= MOST_EXPORTS:
            raise OverloadedError("An export of yours is running, or too many are; try again later.")
        self._running.add(owner_id)
        end = self._clock() + MOST_SECONDS
        try:
            async with aclosing(self._archive.entries(owner_id)) as entries:
                async for entry in entries:
                    if self._clock() > end:
                        raise OverloadedError("The export took too long.")
                    yield entry
        finally:
            self._running.remove(owner_id)
