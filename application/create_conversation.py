"""Create a conversation, with its first messages if there are any."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from application.idempotency import effect_despite, effect_of, messages_of
from domain.append import decide_append
from domain.conversation import Conversation, NewConversation
from domain.errors import IdempotencyKeyTakenError
from domain.idempotency import Effect, IdempotencyKey
from domain.message import Message, NewMessage
from domain.metadata import make_metadata
from domain.ports.conversation_ids import ConversationIds
from domain.ports.conversation_repository import ConversationRepository
from domain.principal import Principal
from domain.quotas import QuotaReachedError, Quotas
from domain.title import check_title


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """The conversation as it was created; ``replayed`` when the idempotency key had created it before."""

    conversation: Conversation
    messages: Sequence[Message]
    replayed: bool


class CreateConversation:
    """Create a conversation for the caller."""

    def __init__(self, conversations: ConversationRepository, ids: ConversationIds, quotas: Quotas) -> None:
        self._conversations = conversations
        self._ids = ids
        self._quotas = quotas

    async def __call__(
        self,
        principal: Principal,
        *,
        title: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        messages: Sequence[NewMessage] = (),
        key: IdempotencyKey | None = None,
    ) -> Created:
        """Write the conversation and up to 100 messages at once.

        Raises RoleNotAllowedError, RuleViolationError, IdempotencyKeyReusedError; TooManyConversationsError if the
        owner's quota is reached, TooManyMessagesError if a conversation's does not hold the messages;
        ConversationNotFoundError when the key had created a conversation that is deleted since.
        """
        if title is not None:
            check_title(title)
        principal.require_authorship(message.role for message in messages)
        new = NewConversation(
            id=self._ids.next(),
            title=title,
            metadata=make_metadata(metadata),
            append=decide_append(messages, frozenset()) if messages else None,
            quotas=self._quotas,
        )
        try:
            self._quotas.require_places(0, len(new.first_messages))
            conversation, written = await self._conversations.create(principal.owner_id, new, key)
        except IdempotencyKeyTakenError:
            return await self._replay(principal, new, await effect_of(self._conversations, principal.owner_id, key))
        except QuotaReachedError as refusal:
            effect = await effect_despite(refusal, self._conversations, principal.owner_id, key)
            return await self._replay(principal, new, effect)
        return Created(conversation=conversation, messages=written, replayed=False)

    async def _replay(self, principal: Principal, new: NewConversation, effect: Effect) -> Created:
        """The first result again. The request is the same; only ids and times are taken from the effect."""
        messages = await messages_of(self._conversations, principal.owner_id, effect)
        conversation = Conversation.of(replace(new, id=effect.conversation_id), effect.created_at)
        return Created(conversation=conversation, messages=messages, replayed=True)
