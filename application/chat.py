"""Chat: save what the user says, get the reply, save the reply."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from application.append_messages import Appended, AppendMessages
from application.create_conversation import CreateConversation, Created
from domain.errors import ResponderFailedError, RuleViolationError
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId
from domain.message import Message, NewMessage, Status
from domain.ports import ConversationRepository, Responder, Turn
from domain.principal import Principal
from domain.roles import Role

_FIELDS: Final = {"content": "message"}
"""What the caller calls the fields of the message that is made of a turn."""


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
    ) -> None:
        self._conversations = conversations
        self._create = create
        self._append = append
        self._responder = responder

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

        ``metadata`` is the user message's. The message is committed before the responder runs; when that fails, what
        it said is saved as incomplete or failed, and ResponderFailedError is raised. A retry under the same key then
        asks for a new reply, without a second user message. Raises as CreateConversation and AppendMessages do.
        """
        opened = await self._save_turn(principal, message, conversation_id, metadata, key)
        user_message = opened.messages[0]
        reply_key = key.of_step("reply") if key else None
        if opened.replayed and (reply := await self._saved_reply(principal, reply_key)):
            return ChatTurn(user_message=user_message, assistant_message=reply, replayed=True)
        turn = Turn(owner_id=principal.owner_id, text=message, message=user_message)
        return await self._answer(turn, reply_key)

    async def _save_turn(
        self,
        principal: Principal,
        message: str,
        conversation_id: ConversationId | None,
        metadata: Mapping[str, Any] | None,
        key: IdempotencyKey | None,
    ) -> Appended | Created:
        try:
            messages = [NewMessage(role=Role.USER, content=message, metadata=metadata or {})]
        except RuleViolationError as error:
            raise RuleViolationError(_FIELDS.get(error.field, error.field), str(error)) from error
        if conversation_id is None:
            return await self._create(principal, messages=messages, key=key)
        return await self._append(principal, conversation_id, messages, key=key)

    async def _saved_reply(self, principal: Principal, key: IdempotencyKey | None) -> Message | None:
        effect = await self._conversations.effect(principal.owner_id, key) if key else None
        if effect is None:
            return None
        return await self._conversations.message(principal.owner_id, effect.conversation_id, effect.first_seq)

    async def _answer(self, turn: Turn, key: IdempotencyKey | None) -> ChatTurn:
        said: list[str] = []
        try:
            async for piece in self._responder.reply(turn):
                said.append(piece)  # noqa: PERF401 - what was said before a failure must be kept
        except Exception as error:
            await self._save_reply(turn, said, Status.INCOMPLETE if said else Status.FAILED, None)
            raise ResponderFailedError from error
        saved = await self._save_reply(turn, said, Status.COMPLETED, key)
        return ChatTurn(user_message=turn.message, assistant_message=saved.messages[0], replayed=saved.replayed)

    async def _save_reply(self, turn: Turn, said: list[str], status: Status, key: IdempotencyKey | None) -> Appended:
        agent = Principal.agent(on_behalf_of=turn.owner_id)
        reply = NewMessage(role=Role.ASSISTANT, content="".join(said), status=status)
        return await self._append(agent, turn.message.conversation_id, [reply], key=key)
