"""Batches of replies: several are written by one statement, and read by one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg

from adapters.postgres import reply_reads, reply_writes
from adapters.postgres.database import Database
from adapters.postgres.grouping import Grouped
from adapters.postgres.reply_events import decode_events
from domain.errors import AiAgentError, ReplyLostError, ReplyRewoundError
from domain.reply import Batch, RecordedReply, ReplyAddress

REFUSED = (asyncpg.UniqueViolationError, asyncpg.ForeignKeyViolationError)
"""The batch's number is taken, or the conversation was deleted in this very moment."""


@dataclass(frozen=True, slots=True)
class NewBatch:
    """A batch to be written; ``events`` are JSON."""

    reply: ReplyAddress
    number: int
    events: str


class ReplyBatches:
    """Writes and reads batches. What several replies write at once, or followers ask for, shares a statement."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._write = Grouped(self._write_all)
        self._news = Grouped(self._read_all_news)

    async def write(self, batch: NewBatch) -> bool:
        """Write a batch; whether its reply was asked to stop. Raises as ``explain`` does."""
        return await self._write(batch)

    async def news(self, reply: ReplyAddress, number: int) -> Sequence[Batch]:
        """The batches from this number on."""
        return await self._news((reply, number))

    async def recorded(self, reply: ReplyAddress) -> RecordedReply | None:
        """The reply with all its batches, or None if there are none."""
        rows = await self._database.rows(reply_reads.RECORDED, **values_of_reply(reply))
        return recorded_reply_of(reply, rows) if rows and rows[0]["n"] is not None else None

    async def explain(self, batch: NewBatch) -> None:
        """Return if a batch that could not be written is there, from an earlier try.

        Raises ReplyRewoundError if batches before it are missing, else ReplyLostError.
        """
        recorded = await self.recorded(batch.reply)
        if recorded is None:
            raise ReplyLostError
        written = {one.number: one.events for one in recorded.batches}
        if written.get(batch.number) == decode_events(batch.events):
            return
        if recorded.is_running and len(written) < batch.number:
            raise ReplyRewoundError(len(written))
        raise ReplyLostError

    async def _write_all(self, batches: Sequence[NewBatch]) -> Sequence[bool | Exception]:
        try:
            rows = await self._database.rows(
                reply_writes.WRITE,
                **_columns_of([batch.reply for batch in batches], "batches"),
                batches_n=[batch.number for batch in batches],
                batches_events=[batch.events for batch in batches],
            )
        except REFUSED:
            if len(batches) > 1:  # which of them it was is not told
                return [result for batch in batches for result in await self._write_all([batch])]
            rows = []
        stops: dict[int, bool] = {row["place"]: row["stop"] for row in rows}
        return [
            stops[place] if place in stops else await self._explained(batch) for place, batch in enumerate(batches, 1)
        ]

    async def _explained(self, batch: NewBatch) -> bool | Exception:
        try:
            await self.explain(batch)
        except AiAgentError as error:
            return error
        return False  # whether it was asked to stop, the next batch tells

    async def _read_all_news(self, followed: Sequence[tuple[ReplyAddress, int]]) -> Sequence[Sequence[Batch]]:
        rows = await self._database.rows(
            reply_reads.NEWS,
            **_columns_of([reply for reply, _ in followed], "followed"),
            followed_n=[number for _, number in followed],
        )
        found: list[list[Batch]] = [[] for _ in followed]
        for row in rows:
            found[row["place"] - 1].append(Batch(row["n"], decode_events(row["events"])))
        return found


def values_of_reply(reply: ReplyAddress) -> dict[str, Any]:
    """The parameters for a reply."""
    return {"owner_id": reply.owner_id, "conversation_id": reply.conversation_id, "reply_seq": reply.seq}


def _columns_of(replies: Sequence[ReplyAddress], prefix: str) -> dict[str, Any]:
    """The parameters for several replies: an array for each column."""
    return {
        f"{prefix}_owner_id": [reply.owner_id for reply in replies],
        f"{prefix}_conversation_id": [reply.conversation_id for reply in replies],
        f"{prefix}_seq": [reply.seq for reply in replies],
    }


def recorded_reply_of(reply: ReplyAddress, rows: Sequence[asyncpg.Record]) -> RecordedReply:
    """The reply in rows of its conversation with its batches."""
    return RecordedReply(
        address=reply,
        is_running=rows[0]["reply_seq"] == reply.seq,
        last_seq=rows[0]["last_seq"],
        turn=rows[0]["turn"],
        batches=tuple(Batch(row["n"], decode_events(row["events"])) for row in rows if row["n"] is not None),
        silence=rows[-1]["silence"] or timedelta(),
    )
