"""Chat: save what the user says, get the reply, save the reply."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from application.append_messages import Appended, AppendMessages
from application.create_conversation import CreateConversation, Created
from application.running_replies import RunningReplies
from domain.errors import AiAgentError, ResponderFailedError, RuleViolationError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId
from domain.message import Message, NewMessage
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.responder import Responder, Turn
from domain.principal import Principal
from domain.reply_draft import ReplyDraft
from domain.reply_events import ReplyEvent
from domain.roles import Role

_log = logging.getLogger(__name__)

_CLOSING_SECONDS: Final = 1.0
_FIELDS: Final = {"content": "message"}
"""The caller's names for fields of the message that is made of a turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTurn:
    """The user's message and the reply to it; ``replayed`` when the idempotency key had both before."""

    user_message: Message
    assistant_message: Message
    replayed: bool


class Chat:
    """Take a user's turn and answer it."""

    def __init__(
        self,
        conversations: ConversationRepository,
        create: CreateConversation,
        append: AppendMessages,
        responder: Responder,
        replies: RunningReplies[ChatTurn],
    ) -> None:
        self._conversations = conversations
        self._create = create
        self._append = append
        self._responder = responder
        self._replies = replies

    async def __call__(
        self,
        principal: Principal,
        message: str,
        *,
        conversation_id: ConversationId | None = None,
        metadata: Mapping[str, Any] | None = None,
        key: IdempotencyKey | None = None,
    ) -> ChatTurn:
        """Save the message (in a new conversation if none is named), then the reply.

        ``metadata`` is the user message's. The message is committed before the responder runs. The reply goes on to its
        end when the caller is cancelled; a retry under the same key gets that same reply, while it runs and afterwards.

        When the responder fails, takes too long, or says what is no message, what can be kept of it is saved as
        incomplete or failed, and ResponderFailedError is raised. A retry under the same key then asks for a new reply,
        without a second user message. Raises OverloadedError, and as CreateConversation and AppendMessages do.
        """
        self._replies.require_room()
        opened = await self._save_turn(principal, message, conversation_id, metadata, key)
        user_message = opened.messages[0]
        reply_key = key.of_step("reply") if key else None
        if opened.replayed and (reply := await self._saved_reply(principal, reply_key)):
            return ChatTurn(user_message=user_message, assistant_message=reply, replayed=True)
        turn = Turn(owner_id=principal.owner_id, text=message, message=user_message)
        running_key = (principal.owner_id, reply_key.stored) if reply_key else None
        is_repeat = opened.replayed and self._replies.is_running(running_key)
        answered = await self._replies.run(running_key, lambda: self._answer(turn, reply_key))
        return replace(answered, replayed=True) if is_repeat else answered

    async def _save_turn(
        self,
        principal: Principal,
        message: str,
        conversation_id: ConversationId | None,
        metadata: Mapping[str, Any] | None,
        key: IdempotencyKey | None,
    ) -> Appended | Created:
        try:
            messages = [NewMessage(role=Role.USER, content=message, metadata=metadata)]
        except RuleViolationError as error:
            raise RuleViolationError(_FIELDS.get(error.field, error.field), str(error)) from error
        if conversation_id is None:
            return await self._create(principal, messages=messages, key=key)
        return await self._append(principal, conversation_id, messages, key=key)

    async def _saved_reply(self, principal: Principal, key: IdempotencyKey | None) -> Message | None:
        effect = await self._conversations.effect(principal.owner_id, key) if key else None
        if effect is None:
            return None
        return await self._conversations.message(principal.owner_id, effect.conversation_id, effect.last_seq)

    async def _answer(self, turn: Turn, key: IdempotencyKey | None) -> ChatTurn:
        draft = ReplyDraft()
        try:
            reply = await self._make(turn, draft)
        except asyncio.CancelledError:
            with suppress(AiAgentError):  # nobody waits for an answer, that it can't be saved either
                await self._keep(turn, draft)
            raise
        except Exception as error:
            await self._keep(turn, draft)
            raise ResponderFailedError from error
        try:
            saved = await self._save_reply(turn, reply, key)
        except RuleViolationError as error:  # it does not fit the conversation: a call's id may be open already
            await self._keep(turn, draft)
            raise ResponderFailedError from error
        return ChatTurn(user_message=turn.message, assistant_message=saved.messages[-1], replayed=saved.replayed)

    async def _make(self, turn: Turn, draft: ReplyDraft) -> Sequence[NewMessage]:
        events = self._responder.reply(turn)
        try:
            async for event in events:
                draft.add(event)
        finally:
            await _close(events)
        return draft.whole()

    async def _keep(self, turn: Turn, draft: ReplyDraft) -> None:
        """Save what can be kept of a reply that was broken off."""
        try:
            await self._save_reply(turn, draft.as_far_as_it_goes(), None)
        except RuleViolationError:
            await self._save_reply(turn, draft.what_was_said(), None)

    async def _save_reply(self, turn: Turn, messages: Sequence[NewMessage], key: IdempotencyKey | None) -> Appended:
        agent = Principal.agent(on_behalf_of=turn.owner_id)
        return await self._append(agent, turn.message.conversation_id, messages, key=key)


async def _close(events: AsyncGenerator[ReplyEvent, None]) -> None:
    """Close a reply within a bounded time. If that fails, what was said is kept all the same."""
    try:
        async with asyncio.timeout(_CLOSING_SECONDS):
            await events.aclose()
    except Exception as error:  # noqa: BLE001 - a responder may raise anything
        _log.warning("A responder could not be closed: %s", type(error).__name__)
