"""Check consistency: read all that is stored, report what is wrong, and change nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from application.progress import ReportProgress, Tally, unheard
from domain.consistency import Finding, FindingKind
from domain.identifiers import OwnerId
from domain.ports.consistency_reader import ConsistencyReader

NOBODY = OwnerId("")


@dataclass(slots=True, kw_only=True)
class CheckTotals:
    """How much was checked, and how many findings there were."""

    owners: int = 0
    conversations: int = 0
    messages: int = 0
    findings: int = 0


class CheckConsistency:
    """Check the rows against each other, owner by owner."""

    def __init__(self, reader: ConsistencyReader) -> None:
        self._reader = reader

    async def __call__(self, report: Callable[[Finding], None], progress: ReportProgress = unheard) -> CheckTotals:
        """Check everything; ``report`` is called with each finding at once. Raises UnavailableError."""
        totals, tally = CheckTotals(), Tally(progress)

        def found(*findings: Finding) -> None:
            for finding in findings:
                report(finding)
                totals.findings += 1

        nobodys = {table: rows for table, rows in (await self._reader.rows_of_nobody()).items() if rows}
        if nobodys:
            found(Finding(kind=FindingKind.EMPTY_OWNER, owner_id=NOBODY, numbers=nobodys))
        async for owner_id in self._reader.owners():
            totals.owners += 1
            tally.add(owners=1)
            await self._check_conversations(owner_id, totals, tally, found)
            async for conversation_id, count in self._reader.stray_messages(owner_id):
                totals.messages += count
                numbers = {"messages": count}
                kind = FindingKind.STRAY_MESSAGES
                found(Finding(kind=kind, owner_id=owner_id, conversation_id=conversation_id, numbers=numbers))
            async for key in self._reader.keys(owner_id):
                found(*key.findings(owner_id))
        return totals

    async def _check_conversations(
        self, owner_id: OwnerId, totals: CheckTotals, tally: Tally, found: Callable[..., None]
    ) -> None:
        async for conversation in self._reader.conversations(owner_id):
            totals.conversations += 1
            totals.messages += conversation.message_count
            tally.add(rows=1 + conversation.message_count)
            found(*conversation.findings(owner_id))
            if conversation.uses_tools and (calls := await self._reader.calls(owner_id, conversation.conversation_id)):
                found(*calls.findings(owner_id, conversation.conversation_id))
