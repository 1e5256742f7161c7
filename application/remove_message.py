"""Remove a message: its place stays, and nothing else of it."""

from dataclasses import replace

from application.removal import attempt_to_remove, title_without
from application.settle_reply import SettleReply
from domain.errors import ConversationNotFoundError, MessageNotFoundError
from domain.identifiers import ConversationId, OwnerId
from domain.message import Message
from domain.pages import MAX_MESSAGES, MessagePage, MessageWindow
from domain.ports.conversation_repository import ConversationRepository
from domain.principal import Principal
from domain.removal import CallGroup, Removal


class RemoveMessage:
    """Remove a message from a conversation of the caller's, for good, whoever wrote it."""

    def __init__(self, conversations: ConversationRepository, settle: SettleReply) -> None:
        self._conversations = conversations
        self._settle = settle

    async def __call__(self, principal: Principal, conversation_id: ConversationId, seq: int) -> None:
        """Remove it. The results of its calls go with it, and a result goes with the message that made the call.

        An automatic title that is made of it is made anew. Raises MessageNotFoundError, also when the message was
        removed before; ReplyRunningError.
        """
        owner_id = principal.owner_id

        async def remove() -> None:
            removal = await self._decide(owner_id, conversation_id, seq)
            await self._conversations.remove(owner_id, conversation_id, removal)

        try:
            await attempt_to_remove(remove, self._settle, owner_id, conversation_id)
        except ConversationNotFoundError:
            raise MessageNotFoundError from None

    async def _decide(self, owner_id: OwnerId, conversation_id: ConversationId, seq: int) -> Removal:
        window = MessageWindow(after=max(0, seq - 1), limit=1)
        page = await self._conversations.messages(owner_id, conversation_id, window)
        if [message.seq for message in page.messages] != [seq]:
            raise MessageNotFoundError
        message = page.messages[0]
        title = await title_without(self._conversations, owner_id, page.conversation, message)
        first = await self._caller(owner_id, message)
        removal = await self._with_results(owner_id, first)
        return replace(removal, title=title)

    async def _caller(self, owner_id: OwnerId, message: Message) -> Message:
        """The message that made the call which this one answers; the message itself if it answers none."""
        seq, has_more = message.seq, message.tool_call_id is not None
        while has_more:
            page = await self._page(owner_id, message, MessageWindow(before=seq, limit=MAX_MESSAGES))
            for earlier in reversed(page.messages):
                if message.tool_call_id in earlier.call_ids:
                    return earlier
            has_more = page.has_more_before
            seq = page.messages[0].seq if has_more else seq
        return message

    async def _with_results(self, owner_id: OwnerId, message: Message) -> Removal:
        """The removal of a message with the results of its calls. If a call has none yet, nothing may come between."""
        group, seq, has_more = CallGroup.of(message), message.seq, True
        while group.waiting and has_more:
            page = await self._page(owner_id, message, MessageWindow(after=seq, limit=MAX_MESSAGES))
            group = group.with_results_among(page.messages)
            has_more = page.has_more_after
            seq = page.messages[-1].seq if has_more else page.conversation.last_seq
        if not group.waiting:
            return Removal(seqs=group.seqs)
        open_calls, _ = await self._conversations.open_calls(owner_id, message.conversation_id, None)
        leaves = open_calls - group.waiting
        return Removal(seqs=group.seqs, decided_on=open_calls, leaves=leaves, follows=seq)

    async def _page(self, owner_id: OwnerId, message: Message, window: MessageWindow) -> MessagePage:
        return await self._conversations.messages(owner_id, message.conversation_id, window)
