"""Removals: what the use cases that remove messages share."""

from collections.abc import Awaitable, Callable
from typing import Final

from application.settle_reply import SettleReply
from domain.conversation import UNSET, Conversation, Unset
from domain.errors import ConflictError, ReplyRunningError, StateMovedError
from domain.identifiers import ConversationId, OwnerId
from domain.message import Message
from domain.pages import MAX_MESSAGES, MessageWindow
from domain.ports.conversation_repository import ConversationRepository
from domain.roles import Role
from domain.title import suggest_title

_MAX_ATTEMPTS: Final = 100
"""Each failed attempt means that another writer succeeded."""


async def attempt_to_remove[Result](
    remove: Callable[[], Awaitable[Result]], settle: SettleReply, owner_id: OwnerId, conversation_id: ConversationId
) -> Result:
    """What ``remove`` gives, which is called again when the state has moved, or when nobody makes the reply any more.

    Raises ReplyRunningError, ConflictError, and what else ``remove`` raises.
    """
    for _ in range(_MAX_ATTEMPTS):
        try:
            return await remove()
        except StateMovedError:
            continue
        except ReplyRunningError:
            if not await settle.in_conversation(owner_id, conversation_id):
                raise
    raise ConflictError


async def title_without(
    conversations: ConversationRepository, owner_id: OwnerId, conversation: Conversation, removed: Message
) -> str | None | Unset:
    """The title that a conversation has without the message; UNSET if its title is not made of the message.

    It is the opening words of another user's message among the first that remain; None if there is none.
    """
    if removed.role is not Role.USER or not conversation.title_is_auto:
        return UNSET
    if suggest_title([removed]) != conversation.title:
        return UNSET
    window = MessageWindow(after=0, limit=MAX_MESSAGES)
    opening = await conversations.messages(owner_id, conversation.id, window)
    return suggest_title(message for message in opening.messages if message.seq != removed.seq)
