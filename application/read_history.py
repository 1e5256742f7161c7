"""Read history: a page of a conversation's messages, and the conversation with it."""

from dataclasses import replace

from application.show_reply import ShowReply
from domain.identifiers import ConversationId
from domain.pages import MessagePage, MessageWindow
from domain.ports.conversation_repository import ConversationRepository
from domain.principal import Principal


class ReadHistory:
    """Read a conversation of the caller's, page by page."""

    def __init__(self, conversations: ConversationRepository, show: ShowReply) -> None:
        self._conversations = conversations
        self._show = show

    async def __call__(
        self, principal: Principal, conversation_id: ConversationId, window: MessageWindow | None = None
    ) -> MessagePage:
        """The messages of the window (default: the newest 50), oldest first.

        The last one of a conversation in which a reply runs is in progress, and has what was said until now.
        Raises ConversationNotFoundError.
        """
        window = window or MessageWindow()
        page = await self._conversations.messages(principal.owner_id, conversation_id, window)
        shown = await self._show(principal.owner_id, page.messages)
        if shown is None:
            return await self._conversations.messages(principal.owner_id, conversation_id, window)
        return replace(page, messages=tuple(shown))
