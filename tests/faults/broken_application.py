"""What stands in the place of parts of the application when it is broken on purpose."""

from application.append_messages import Appended, AppendMessages
from domain.idempotency import Effect
from domain.pages import MessageWindow
from domain.principal import Principal


async def replay_newest(append: AppendMessages, principal: Principal, effect: Effect) -> Appended:
    """Answer a retry with as many messages as the first time, but the newest."""
    window = MessageWindow(limit=effect.last_seq - effect.first_seq + 1)
    page = await append._conversations.messages(principal.owner_id, effect.conversation_id, window)
    return Appended(messages=page.messages, replayed=True)
