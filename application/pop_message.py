"""Pop a message: take back the newest one."""

from application.removal import attempt_to_remove, title_without
from application.settle_reply import SettleReply
from domain.identifiers import ConversationId, OwnerId
from domain.message import Message
from domain.pages import MessagePage, MessageWindow
from domain.ports.conversation_repository import ConversationRepository
from domain.principal import Principal
from domain.removal import Removal


class PopMessage:
    """Remove the newest message of a conversation of the caller's."""

    def __init__(self, conversations: ConversationRepository, settle: SettleReply) -> None:
        self._conversations = conversations
        self._settle = settle

    async def __call__(
        self, principal: Principal, conversation_id: ConversationId, *, only: int | None = None
    ) -> Message | None:
        """The message that was the newest until now; None if none was left. Two callers never get the same one.

        If ``only`` is given, the newest message is taken back only if that is its seq; else nothing is done: None.

        It is as if the message had not been appended: its calls are closed, and a call that it answered is open again.
        Raises ConversationNotFoundError, ReplyRunningError.
        """
        owner_id = principal.owner_id

        async def pop() -> Message | None:
            page = await self._conversations.messages(owner_id, conversation_id, MessageWindow(limit=1))
            if not page.messages or only not in {None, page.messages[0].seq}:
                return None
            removal = await self._decide(owner_id, page)
            await self._conversations.remove(owner_id, conversation_id, removal)
            return page.messages[0]

        return await attempt_to_remove(pop, self._settle, owner_id, conversation_id)

    async def _decide(self, owner_id: OwnerId, page: MessagePage) -> Removal:
        conversation, (message,) = page.conversation, page.messages
        title = await title_without(self._conversations, owner_id, conversation, message)
        opens = frozenset() if message.tool_call_id is None else frozenset({message.tool_call_id})
        if not (opens or message.call_ids):
            return Removal(seqs=(message.seq,), follows=conversation.last_seq, title=title)
        open_calls, _ = await self._conversations.open_calls(owner_id, conversation.id, None)
        return Removal(
            seqs=(message.seq,),
            decided_on=open_calls,
            leaves=(open_calls | opens) - message.call_ids,
            follows=conversation.last_seq,
            title=title,
        )
