"""Take back a message: the newest as if it had not been appended, an earlier one by its removal."""

from application.pop_message import PopMessage
from application.remove_message import RemoveMessage
from domain.errors import ConversationNotFoundError, MessageNotFoundError
from domain.identifiers import ConversationId
from domain.principal import Principal


class TakeBackMessage:
    """Take a message of a conversation of the caller's back, whoever wrote it."""

    def __init__(self, pop: PopMessage, remove: RemoveMessage) -> None:
        self._pop = pop
        self._remove = remove

    async def __call__(self, principal: Principal, conversation_id: ConversationId, seq: int) -> None:
        """Pop it if it is the newest: a call that it answered is open again. Else remove it, with what depends on it.

        A client that rewinds takes back one message after the other, and expects each to go alone. Raises
        MessageNotFoundError, also when the message was removed before; ReplyRunningError.
        """
        try:
            popped = await self._pop(principal, conversation_id, only=seq)
        except ConversationNotFoundError:
            raise MessageNotFoundError from None
        if popped is None:
            await self._remove(principal, conversation_id, seq)
