"""Deletion: how the jobs remove everything that an owner has."""

from dataclasses import replace

from application.progress import Tally
from domain.identifiers import OwnerId
from domain.maintenance import OwnedRows
from domain.ports.owner_data_repository import OwnerDataRepository


async def delete_all(data: OwnerDataRepository, owner_id: OwnerId, batch_size: int, tally: Tally) -> OwnedRows:
    """Delete all that the owner has, at most ``batch_size`` conversations or keys at a time. Returns what it was.

    The keys are deleted last: an append that the deletion waited for may have written one. Raises UnavailableError;
    the batches before are deleted then.
    """
    deleted = OwnedRows()
    while (batch := await data.delete_conversations(owner_id, batch_size)).conversations:
        deleted += OwnedRows(conversations=batch.conversations, messages=batch.messages)
        tally.add(rows=batch.total)
    while keys := await data.delete_keys(owner_id, batch_size):
        deleted = replace(deleted, idempotency_keys=deleted.idempotency_keys + keys)
        tally.add(rows=keys)
    return deleted
