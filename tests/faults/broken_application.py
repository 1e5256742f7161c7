"""What stands in the place of parts of the application when it is broken on purpose."""

from application.append_messages import Appended, AppendMessages
from application.chat import Chat, ChatTurn
from domain.idempotency import Effect, IdempotencyKey
from domain.message import NewMessage, Status
from domain.pages import MessageWindow
from domain.ports.responder import Turn
from domain.principal import Principal
from domain.roles import Role

_answer = Chat._answer


async def replay_newest(append: AppendMessages, principal: Principal, effect: Effect) -> Appended:
    """Answer a retry with as many messages as the first time, but the newest."""
    window = MessageWindow(limit=effect.last_seq - effect.first_seq + 1)
    _, messages = await append._conversations.messages(principal.owner_id, effect.conversation_id, window)
    return Appended(messages=messages, replayed=True)


async def answer_after_a_placeholder(chat: Chat, turn: Turn, key: IdempotencyKey | None) -> ChatTurn:
    """Save that a reply has begun, and never take it back."""
    placeholder = NewMessage(role=Role.ASSISTANT, content="", status=Status.INCOMPLETE)
    await chat._save_reply(turn, [placeholder], None)
    return await _answer(chat, turn, key)
