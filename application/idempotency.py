"""What the use cases share about idempotency keys."""

from domain.errors import ConflictError
from domain.idempotency import Effect, IdempotencyKey
from domain.identifiers import OwnerId
from domain.ports import ConversationRepository


async def effect_of(conversations: ConversationRepository, owner_id: OwnerId, key: IdempotencyKey | None) -> Effect:
    """The effect of a key that was found to be taken.

    Raises IdempotencyKeyReusedError if it was taken by another request, ConflictError if it was purged meanwhile.
    """
    effect = await conversations.effect(owner_id, key) if key else None
    if effect is None or key is None:
        raise ConflictError
    effect.require_same_request(key)
    return effect
