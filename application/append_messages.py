"""Append messages: all of them or none, next in the conversation's order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from application.idempotency import effect_of, messages_of
from application.settle_reply import SettleReply
from domain.append import decide_append, depends_on_open_calls
from domain.errors import (
    ConflictError,
    IdempotencyKeyTakenError,
    ReplyRunningError,
    StaleError,
    StateMovedError,
)
from domain.idempotency import Effect, IdempotencyKey
from domain.identifiers import ConversationId
from domain.message import Message, NewMessage
from domain.ports.conversation_repository import ConversationRepository
from domain.principal import Principal
from domain.quotas import Quotas, TooManyMessagesError

_MAX_ATTEMPTS: Final = 100
"""Each failed attempt means that another writer succeeded; so many in a row are no mere contention."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """The messages as they are kept; ``replayed`` when the idempotency key had written them before."""

    messages: Sequence[Message]
    replayed: bool


class AppendMessages:
    """Append messages to a conversation of the caller's."""

    def __init__(self, conversations: ConversationRepository, settle: SettleReply, quotas: Quotas) -> None:
        self._conversations = conversations
        self._settle = settle
        self._quotas = quotas

    async def __call__(
        self,
        principal: Principal,
        conversation_id: ConversationId,
        messages: Sequence[NewMessage],
        *,
        key: IdempotencyKey | None = None,
        follows: int | None = None,
    ) -> Appended:
        """Write 1 to 100 messages, all or none, with the next seqs.

        Raises RoleNotAllowedError, RuleViolationError, ConversationNotFoundError, IdempotencyKeyReusedError;
        TooManyMessagesError if the conversation's quota does not hold all of them; ReplyRunningError while a reply runs
        in the conversation; StaleError if ``follows`` is given and is not the last seq. Without it no append fails for
        being concurrent with others, except a result of a tool call that another one has answered or interrupted
        meanwhile: CallNotOpenError.
        """
        messages = tuple(messages)  # a caller's list may change while this waits
        principal.require_authorship(message.role for message in messages)
        needs_state = depends_on_open_calls(messages)
        for _ in range(_MAX_ATTEMPTS):
            open_calls: frozenset[str] | None = None
            if needs_state:
                open_calls, effect = await self._conversations.open_calls(principal.owner_id, conversation_id, key)
                if effect is not None and key is not None:
                    effect.require_same_request(key)
                    return await self._replay(principal, effect)
            decision = decide_append(messages, open_calls, follows=follows, quotas=self._quotas)
            try:
                written = await self._conversations.append(principal.owner_id, conversation_id, decision, key)
            except StateMovedError:
                continue
            except (StaleError, ReplyRunningError, TooManyMessagesError) as error:
                # Perhaps by this very request, the first time; or nobody makes the reply any more.
                if key is not None and await self._conversations.effect(principal.owner_id, key) is not None:
                    return await self._replay(principal, await effect_of(self._conversations, principal.owner_id, key))
                if not isinstance(error, ReplyRunningError) or not await self._settle.in_conversation(
                    principal.owner_id, conversation_id
                ):
                    raise
                continue
            except IdempotencyKeyTakenError:
                return await self._replay(principal, await effect_of(self._conversations, principal.owner_id, key))
            return Appended(messages=written, replayed=False)
        raise ConflictError

    async def _replay(self, principal: Principal, effect: Effect) -> Appended:
        messages = await messages_of(self._conversations, principal.owner_id, effect)
        return Appended(messages=messages, replayed=True)
