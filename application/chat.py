"""Chat: save what the user says, and wait for the reply."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from application.begin_reply import BeginReply, BegunReply
from application.follow_reply import FollowReply
from application.running_replies import RunningReplies
from domain.errors import ReplyLostError, ResponderFailedError, RuleViolationError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId
from domain.message import Message, NewMessage
from domain.ports.conversation_repository import ConversationRepository
from domain.principal import Principal
from domain.reply import last_message_seq
from domain.reply_draft import ReplyDraft
from domain.reply_events import FinishReason, ReplyEvent, ReplyFinished
from domain.roles import Role

_FIELDS: Final = {"content": "message"}
"""The caller's names for fields of the message that is made of a turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatTurn:
    """The user's message and the reply to it; ``replayed`` when the idempotency key had begun it before.

    ``is_running``: the reply is in progress, and its message has what was said until now.
    """

    user_message: Message
    assistant_message: Message
    replayed: bool
    is_running: bool = False


class Chat:
    """Take a user's turn and answer it."""

    def __init__(
        self, conversations: ConversationRepository, begin: BeginReply, follow: FollowReply, replies: RunningReplies
    ) -> None:
        self._conversations = conversations
        self._begin = begin
        self._follow = follow
        self._replies = replies

    async def __call__(
        self,
        principal: Principal,
        message: str,
        *,
        conversation_id: ConversationId | None = None,
        metadata: Mapping[str, Any] | None = None,
        key: IdempotencyKey | None = None,
        patience: float | None = None,
    ) -> ChatTurn:
        """Save the message (in a new conversation if none is named), and wait for the reply, ``patience`` seconds.

        ``metadata`` is the user message's. The message is committed before the responder runs. The reply goes on to its
        end when the caller is cancelled, or does not wait any longer; a retry under the same key gets that same reply.

        When the responder fails or is interrupted, what was said is saved as incomplete or failed, and
        ResponderFailedError is raised; so it is when the reply can't be followed to its end. A retry under the same
        key then gets the reply, or asks for a new one, without a second user message. Raises as BeginReply does.
        """
        try:
            turn = NewMessage(role=Role.USER, content=message, metadata=metadata)
        except RuleViolationError as error:
            raise RuleViolationError(_FIELDS.get(error.field, error.field), str(error)) from error
        begun = await self._begin(principal, turn, conversation_id=conversation_id, key=key)
        try:
            return await self._wait(begun, patience)
        except ReplyLostError as error:
            await self._conversations.conversation(*begun.address[:2])
            raise ResponderFailedError from error

    async def _wait(self, begun: BegunReply, patience: float | None) -> ChatTurn:
        writer = self._replies.find(begun.address)
        events: list[ReplyEvent] = []
        deadline = asyncio.timeout(patience)
        try:
            async with deadline:
                async for event in self._follow.events(begun.address):
                    events.append(event)  # noqa: PERF401 - what came is kept when the time is over
        except TimeoutError:
            if not deadline.expired():
                raise
            return await self._unfinished(begun, events)
        match events[-1]:
            case ReplyFinished(reason=FinishReason.FAILED | FinishReason.INTERRUPTED):
                raise ResponderFailedError
        message = writer.message if writer else None
        if message is None:
            if writer:  # somebody else has ended the reply, so what was heard here need not be what is kept
                events = [*await self._follow.to_its_end(begun.address)]
            message = await self._message(begun, events)
        return ChatTurn(user_message=begun.user_message, assistant_message=message, replayed=begun.replayed)

    async def _unfinished(self, begun: BegunReply, events: list[ReplyEvent]) -> ChatTurn:
        so_far = ReplyDraft.of(events).so_far()
        message = replace(await self._message(begun, events), content=so_far.content_json)
        return ChatTurn(
            user_message=begun.user_message, assistant_message=message, replayed=begun.replayed, is_running=True
        )

    async def _message(self, begun: BegunReply, events: list[ReplyEvent]) -> Message:
        seq = last_message_seq(begun.address, events)
        return await self._conversations.message(*begun.address[:2], seq)
