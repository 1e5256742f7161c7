"""Answer messages: ask for a reply to messages that nobody keeps, and keep nothing of it."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from application.reply_intake import ReplyIntake
from application.running_replies import RunningReplies
from domain.append import decide_turn
from domain.content import check_instructions
from domain.context import whole_context
from domain.identifiers import OwnerId
from domain.message import Message, NewMessage
from domain.ports.conversation_ids import ConversationIds
from domain.ports.responder import Responder, Turn
from domain.ports.token_counter import TokenCounter
from domain.principal import Principal
from domain.reply import ReplyAddress
from domain.reply_events import ReplyEvent

_ENDING_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnkeptReply:
    """A reply that nobody keeps; ``address`` is where it would stand in a conversation that does not exist."""

    address: ReplyAddress
    events: AsyncGenerator[ReplyEvent, None]


class AnswerMessages:
    """Answer what is said in messages that belong to no conversation."""

    def __init__(
        self,
        ids: ConversationIds,
        tokens: TokenCounter,
        responder: Responder,
        replies: RunningReplies,
        take_in: Callable[[Turn], ReplyIntake],
    ) -> None:
        self._ids = ids
        self._tokens = tokens
        self._responder = responder
        self._replies = replies
        self._take_in = take_in

    def __call__(
        self, principal: Principal, messages: Sequence[NewMessage], *, at: datetime, instructions: str | None = None
    ) -> UnkeptReply:
        """The reply to these messages, the last of which is a user's, or the result of a call; ``at`` is the time.

        It is made while its events are read, and ends with them: whoever reads them closes them. The last one is
        ReplyFinished. The messages follow the rules of a conversation, and a model gets all of them, after the
        instructions.

        Raises RoleNotAllowedError, CallNotOpenError, RuleViolationError; ContextTooLongError if they are more than the
        responder's budget; OverloadedError if too many replies run here, and TooManyRepliesError if too many of the
        owner's do.
        """
        if instructions is not None:
            check_instructions(instructions)
        principal.require_authorship(message.role for message in messages)
        decided, place = decide_turn(messages, frozenset()).messages, self._ids.next()
        kept = [Message.of(message, place, seq, at) for seq, message in enumerate(decided, 1)]
        turn = self._turn_of(principal.owner_id, kept, instructions)
        self._replies.require_room()
        self._replies.require_room_of(principal.owner_id)
        address = ReplyAddress(principal.owner_id, place, len(kept) + 1)
        return UnkeptReply(address=address, events=self._events(turn))

    def _turn_of(self, owner_id: OwnerId, messages: Sequence[Message], instructions: str | None) -> Turn:
        last, budget, context = messages[-1], self._responder.budget, None
        if budget is not None:
            context = whole_context(messages, budget=budget, tokens=self._tokens, instructions=instructions)
        return Turn(owner_id=owner_id, text=last.text, message=last, instructions=instructions, context=context)

    async def _events(self, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        intake, told = self._take_in(turn), 0
        with self._replies.counting(turn.owner_id):
            taking = asyncio.create_task(intake.take_all())
            try:
                while True:
                    while told < len(intake.events):
                        yield intake.events[told]
                        told += 1
                    if intake.is_finished:
                        return
                    await intake.wait_for_news()
            finally:
                taking.cancel()
                await asyncio.wait({taking}, timeout=_ENDING_SECONDS)
