"""A reply log with the conversations whose replies it has, and turns to begin replies with."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from domain.append import AppendDecision, decide_append
from domain.conversation import NewConversation
from domain.idempotency import IdempotencyKey
from domain.identifiers import ConversationId, OwnerId
from domain.json_text import EMPTY_OBJECT
from domain.message import Message, NewMessage, Status
from domain.pages import MessageWindow
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.reply_log import ReplyLog
from domain.reply import ReplyAddress
from domain.roles import Role


@dataclass
class World:
    """A log, and the conversations whose replies it has."""

    log: ReplyLog
    conversations: ConversationRepository
    ann: OwnerId

    async def begin(self, *texts: str, key: IdempotencyKey | None = None) -> ReplyAddress:
        """Begin a reply in a new conversation of Ann's."""
        new = new_conversation(*texts or ("Hi",))
        written = await self.log.begin_conversation(self.ann, new, key)
        return ReplyAddress(self.ann, new.id, written[-1].seq)

    async def history(self, reply: ReplyAddress) -> list[tuple[int, str, object, Status]]:
        """Seq, role, content and status of each message."""
        return [
            (one.seq, one.role.value, one.content and one.content.value, one.status) for one in await self.all(reply)
        ]

    async def all(self, reply: ReplyAddress) -> list[Message]:
        """The messages of the reply's conversation."""
        window = MessageWindow(limit=200)
        return [*(await self.conversations.messages(reply.owner_id, reply.conversation_id, window)).messages]


def said(*texts: str) -> AppendDecision:
    """A user's messages."""
    return decide_append([NewMessage(role=Role.USER, content=text) for text in texts], None)


def new_conversation(*texts: str) -> NewConversation:
    """A conversation that begins with a user's messages."""
    new_id = ConversationId(UUID(int=secrets.randbits(128)))
    return NewConversation(id=new_id, title=None, metadata=EMPTY_OBJECT, append=said(*texts))
