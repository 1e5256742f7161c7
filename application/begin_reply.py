"""Begin a reply: save the user's turn and the reply's empty message at once, and let the reply run."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from application.asked_reply import AskedReply
from application.decide_turn import DecideTurn
from application.idempotency import effect_of
from application.reply_writer import BegunTurn, ReplyWriter
from application.running_replies import RunningReplies
from application.settle_reply import SettleReply
from domain.append import decide_turn
from domain.content import check_instructions
from domain.conversation import NewConversation
from domain.errors import (
    ConflictError,
    ConversationExistsError,
    ConversationNotFoundError,
    IdempotencyKeyTakenError,
    MessageNotFoundError,
    ReplyRunningError,
    StateMovedError,
    TooManyRepliesError,
)
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.message import Message, NewMessage, in_progress
from domain.ports.conversation_ids import ConversationIds
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.reply_log import ReplyLog
from domain.ports.responder import Turn
from domain.principal import Principal
from domain.quotas import QuotaReachedError, Quotas
from domain.reply import ReplyAddress

_MAX_ATTEMPTS: Final = 100

type MakeWriter = Callable[[BegunTurn], ReplyWriter]


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunReply:
    """A reply that runs, or is at its end; ``replayed`` when the idempotency key had begun it before.

    ``user_message``: the last one of the turn; it may also be the result of a call.
    """

    user_message: Message
    address: ReplyAddress
    replayed: bool


class BeginReply:
    """Take a user's turn, and begin the reply to it."""

    def __init__(
        self,
        conversations: ConversationRepository,
        log: ReplyLog,
        ids: ConversationIds,
        replies: RunningReplies,
        settle: SettleReply,
        make_writer: MakeWriter,
        quotas: Quotas,
    ) -> None:
        self._conversations = conversations
        self._log = log
        self._ids = ids
        self._replies = replies
        self._settle = settle
        self._make_writer = make_writer
        self._quotas = quotas
        self._decide = DecideTurn(conversations, log, quotas)

    async def __call__(
        self,
        principal: Principal,
        message: NewMessage,
        *,
        before: Sequence[NewMessage] = (),
        conversation_id: ConversationId | None = None,
        creates: bool = False,
        follows: int | None = None,
        instructions: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        key: IdempotencyKey | None = None,
    ) -> BegunReply:
        """Save the message, in a new conversation if none is named, and let its reply run.

        ``before``: messages that are saved before it, at once with it. With ``creates``, a conversation that the caller
        does not have is created under the id that is named. ``follows``: the first seq of the reply in that
        conversation after which nothing may have come. ``instructions`` are for this reply alone, and not saved.
        ``metadata`` is that of the reply's first message.

        The reply runs to its end whatever becomes of the caller. A retry under the same key finds that same reply. One
        that failed or was interrupted is removed, and another one begins, at the end of the conversation.

        Raises RoleNotAllowedError, RuleViolationError, ConversationNotFoundError, IdempotencyKeyReusedError;
        ReplyRunningError while another reply runs in the conversation; OverloadedError if too many run here, and
        TooManyRepliesError if too many of the owner's do;
        TooManyConversationsError, TooManyMessagesError if a quota does not hold the turn and its reply;
        CallNotOpenError for a result whose call was answered or interrupted; PreviousReplyNotFoundError, StaleError if
        there is no such reply as ``follows``, or if it is not the end of its conversation.
        """
        if instructions is not None:
            check_instructions(instructions)
        messages = (*before, message)
        principal.require_authorship(one.role for one in messages)
        asked = AskedReply(
            owner_id=principal.owner_id,
            messages=messages,
            conversation_id=conversation_id,
            creates=creates,
            follows=follows,
            placeholder=in_progress(metadata),
            instructions=instructions,
            key=key,
        )
        self._replies.require_room()
        await self._require_room_of(asked)
        return await self._replies.begin(principal.owner_id, self._begin(asked))

    async def _require_room_of(self, asked: AskedReply) -> None:
        """Raise TooManyRepliesError unless the owner may have another reply, or asks for one that was begun before."""
        try:
            self._replies.require_room_of(asked.owner_id)
        except TooManyRepliesError:
            if not await self._was_begun(asked):
                raise

    async def _was_begun(self, asked: AskedReply) -> bool:
        """Whether the key had its effect already."""
        return asked.key is not None and await self._conversations.effect(asked.owner_id, asked.key) is not None

    async def _begin(self, asked: AskedReply) -> BegunReply:
        for _ in range(_MAX_ATTEMPTS):
            try:
                written = await self._write(asked)
            except (ConversationExistsError, StateMovedError):
                continue
            except IdempotencyKeyTakenError:
                return await self._find(asked)
            except QuotaReachedError:
                if not await self._was_begun(asked):
                    raise
                return await self._find(asked)
            except ReplyRunningError:
                place = asked.conversation_id
                if place is None or not await self._settle.in_conversation(asked.owner_id, place):
                    raise
                continue
            return self._start(asked, written[-2], written[-1])
        raise ConflictError

    async def _write(self, asked: AskedReply) -> Sequence[Message]:
        if asked.conversation_id is not None:
            try:
                turn = await self._decide(asked, asked.conversation_id)
                return await self._log.begin(
                    asked.owner_id, asked.conversation_id, turn, asked.key, placeholder=asked.placeholder
                )
            except ConversationNotFoundError:
                if not asked.creates:
                    raise
        turn = decide_turn(asked.messages, frozenset())
        self._quotas.require_places(0, len(turn.messages) + 1)
        new_id = asked.conversation_id or self._ids.next()
        new = NewConversation(id=new_id, title=None, metadata=EMPTY_OBJECT, append=turn, quotas=self._quotas)
        return await self._log.begin_conversation(asked.owner_id, new, asked.key, placeholder=asked.placeholder)

    async def _find(self, asked: AskedReply) -> BegunReply:
        """The reply that was begun under the key; if it failed, another one."""
        effect = await effect_of(self._conversations, asked.owner_id, asked.key)
        owner_id, conversation_id, turn = asked.owner_id, effect.conversation_id, effect.last_seq
        for _ in range(_MAX_ATTEMPTS // 10):
            conversation = await self._conversations.conversation(owner_id, conversation_id)
            user_message = await self._conversations.message(owner_id, conversation_id, turn)
            running = await self._log.running(owner_id, conversation_id)
            if running is not None and await self._settle.if_silent(running):
                continue
            if running is not None and running.turn == turn:
                seq: int | None = running.address.seq
            else:  # asked for after the running one: a reply that has ended meanwhile has its key
                seq = await self._whole_reply(owner_id, conversation_id, asked.key)
            if seq is None and running is not None:
                raise ReplyRunningError
            if seq is not None:
                address = ReplyAddress(owner_id, conversation_id, seq)
                return BegunReply(user_message=user_message, address=address, replayed=True)
            self._quotas.require_places(conversation.last_seq, 1)
            try:
                placeholder = await self._log.begin_again(
                    owner_id,
                    conversation_id,
                    turn=turn,
                    last_seq=conversation.last_seq,
                    placeholder=asked.placeholder,
                )
            except StateMovedError:
                continue
            return self._start(asked, user_message, placeholder)
        raise ConflictError

    async def _whole_reply(
        self, owner_id: OwnerId, conversation_id: ConversationId, key: IdempotencyKey | None
    ) -> int | None:
        """The first seq of the key's reply, if that is at its end and neither failed nor was interrupted.

        Raises MessageNotFoundError if its message was removed, or if it was dissolved.
        """
        effect = await self._conversations.effect(owner_id, key.of_step("reply")) if key else None
        if effect is None:
            return None
        if await self._log.find(ReplyAddress(owner_id, conversation_id, effect.first_seq)) is None:
            raise MessageNotFoundError
        return effect.first_seq

    def _start(self, asked: AskedReply, message: Message, placeholder: Message) -> BegunReply:
        turn = Turn(owner_id=asked.owner_id, text=message.text, message=message, instructions=asked.instructions)
        begun = BegunTurn(turn=turn, placeholder=placeholder, key=asked.key and asked.key.of_step("reply"))
        self._replies.start(self._make_writer(begun))
        return BegunReply(user_message=message, address=begun.address, replayed=False)
