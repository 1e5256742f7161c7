"""Import conversations: write what was exported, or what another service kept, for one owner."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from domain.conversation import Conversation
from domain.errors import RuleViolationError
from domain.identifiers import OwnerId
from domain.imports import ImportedMessage, ImportProgress
from domain.ports.conversation_import import ConversationImport

_MOST_MESSAGES: Final = 200
_MOST_CHARACTERS: Final = 2 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class ImportTotals:
    """What was written, and how many conversations were left as they are, because the owner had them already."""

    conversations: int = 0
    messages: int = 0
    skipped: int = 0


class ImportConversations:
    """Write conversations with their ids, their order and their times.

    A conversation whose id the owner has already is left as it is, so a second run of the same import changes nothing.
    """

    def __init__(self, target: ConversationImport) -> None:
        self._target = target

    async def __call__(self, owner_id: OwnerId, entries: Iterable[Conversation | ImportedMessage]) -> ImportTotals:
        """Write each conversation and the messages that follow it; seqs that do not come are those of removed messages.

        Raises RuleViolationError as soon as an entry is taken that breaks a rule; ConflictError, UnavailableError.
        """
        totals = ImportTotals()
        current: _Writing | None = None
        for entry in entries:
            if isinstance(entry, Conversation):
                if current is not None:
                    await current.finish()
                current = _Writing(self._target, owner_id, entry)
                await current.begin(totals)
            elif current is None:
                raise RuleViolationError("the line", "must follow a conversation")
            else:
                await current.take(entry, totals)
        if current is not None:
            await current.finish()
        return totals


class _Writing:
    """The conversation that is being written; its messages are collected until they are a batch."""

    def __init__(self, target: ConversationImport, owner_id: OwnerId, conversation: Conversation) -> None:
        self._target = target
        self._owner_id = owner_id
        self._id = conversation.id
        self._progress = ImportProgress(conversation=conversation)
        self._is_new = True
        self._batch: list[ImportedMessage] = []
        self._characters = 0

    async def begin(self, totals: ImportTotals) -> None:
        self._is_new = await self._target.begin(self._owner_id, self._progress.conversation)
        if self._is_new:
            totals.conversations += 1
        else:
            totals.skipped += 1

    async def take(self, imported: ImportedMessage, totals: ImportTotals) -> None:
        await self._leave_out(imported.seq - 1)
        self._progress = self._progress.after(imported)
        if not self._is_new:
            return
        totals.messages += 1
        message = imported.message
        stored = (message.content_json, message.tool_calls_json, message.metadata_json, message.item_json)
        self._characters += sum(len(document.text) for document in stored if document)
        self._batch.append(imported)
        if len(self._batch) >= _MOST_MESSAGES or self._characters >= _MOST_CHARACTERS:
            await self._write()

    async def finish(self) -> None:
        await self._leave_out(self._progress.conversation.last_seq)
        if self._batch:
            await self._write()
        if self._is_new and self._progress.calls.possible:
            await self._target.leave_open(self._owner_id, self._id, self._progress.calls.possible)

    async def _leave_out(self, last_seq: int) -> None:
        """Write the places of messages that were removed, from the last one that came up to this seq."""
        first_seq = self._progress.seq + 1
        if last_seq < first_seq or last_seq > self._progress.conversation.last_seq:
            return  # none were, or the message that comes next is refused
        self._progress = self._progress.up_to(last_seq)
        if self._is_new:
            await self._target.leave_out(self._owner_id, self._progress.conversation, first_seq, last_seq)

    async def _write(self) -> None:
        await self._target.write(self._owner_id, self._id, self._batch)
        self._batch, self._characters = [], 0
