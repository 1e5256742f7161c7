"""Erase an owner: remove everything of one owner, and look again."""

from dataclasses import dataclass

from application.deletion import delete_all
from application.progress import ReportProgress, Tally, unheard
from domain.identifiers import OwnerId
from domain.maintenance import OwnedRows
from domain.ports.owner_data_repository import OwnerDataRepository


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """What was deleted, and what a second look found afterwards."""

    deleted: OwnedRows
    left: OwnedRows

    @property
    def is_complete(self) -> bool:
        """Whether the second look found nothing."""
        return self.left == OwnedRows()


class EraseOwner:
    """Delete everything of one owner.

    It can be interrupted at any moment: each batch is whole, and the next run goes on with what is left.
    """

    def __init__(self, data: OwnerDataRepository) -> None:
        self._data = data

    async def __call__(self, owner_id: OwnerId, *, batch_size: int, progress: ReportProgress = unheard) -> Erasure:
        """Delete it, at most ``batch_size`` conversations or keys at a time, and count what is left.

        Something is left only if it was written meanwhile, or is damaged. Raises UnavailableError.
        """
        tally = Tally(progress, all_rows=(await self._data.rows(owner_id)).total)
        deleted = await delete_all(self._data, owner_id, batch_size, tally)
        return Erasure(deleted=deleted, left=await self._data.rows(owner_id))
