"""A reply that is asked for: the turn that it is to answer, where that is said, and under what key."""

from dataclasses import dataclass

from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.message import NewMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedReply:
    """What a caller asks for.

    ``messages``: the turn; the last one is answered. ``conversation_id``: None for a new conversation. ``creates``: one
    that the owner does not have is created under that id. ``follows``: the first seq of the reply that the turn has to
    follow. ``placeholder``: what the reply begins as. ``instructions``: for this reply alone.
    """

    owner_id: OwnerId
    messages: tuple[NewMessage, ...]
    conversation_id: ConversationId | None
    creates: bool
    follows: int | None
    placeholder: NewMessage
    instructions: str | None
    key: IdempotencyKey | None
