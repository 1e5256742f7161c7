"""Idempotency keys: what the use cases share to repeat a first result."""

from collections.abc import Sequence

from domain.errors import AiAgentError, ConflictError
from domain.idempotency import Effect, IdempotencyKey
from domain.identifiers import OwnerId
from domain.message import Message
from domain.pages import MessageWindow
from domain.ports.conversation_repository import ConversationRepository


async def effect_of(conversations: ConversationRepository, owner_id: OwnerId, key: IdempotencyKey | None) -> Effect:
    """The effect of a key that was used already.

    Raises IdempotencyKeyReusedError if it was taken by another request, ConflictError if it was purged meanwhile.
    """
    return await effect_despite(ConflictError(), conversations, owner_id, key)


async def effect_despite(
    refusal: AiAgentError, conversations: ConversationRepository, owner_id: OwnerId, key: IdempotencyKey | None
) -> Effect:
    """The effect of a key whose request is refused now, since it may have been written before.

    Raises the refusal if the key had no effect, IdempotencyKeyReusedError if it was taken by another request.
    """
    effect = await conversations.effect(owner_id, key) if key else None
    if effect is None or key is None:
        raise refusal
    effect.require_same_request(key)
    return effect


async def messages_of(conversations: ConversationRepository, owner_id: OwnerId, effect: Effect) -> Sequence[Message]:
    """All messages that the effect wrote and that remain, also if they are more than a page holds.

    Raises ConversationNotFoundError if the conversation was deleted since, even if no message was written.
    """
    messages: list[Message] = []
    seq = effect.first_seq - 1
    while True:
        window = MessageWindow(after=seq, limit=max(1, effect.last_seq - seq))
        page = await conversations.messages(owner_id, effect.conversation_id, window)
        messages += (message for message in page.messages if message.seq <= effect.last_seq)
        if not page.has_more_after or page.messages[-1].seq >= effect.last_seq:
            return messages
        seq = page.messages[-1].seq
