"""The history of a conversation, on fakes."""

from domain.identifiers import OwnerId
from domain.message import NewMessage
from domain.pages import MessageWindow
from domain.principal import Principal
from domain.roles import Role
from tests.support.fakes.application import FakeWorld

ANN = Principal(owner_id=OwnerId("ann"))
HELLO = NewMessage(role=Role.USER, content="Hello")


async def test_walking_a_conversation_while_others_append_meets_each_message_once() -> None:
    application = FakeWorld().application
    conversation_id = (await application.create_conversation(ANN, messages=[HELLO] * 7)).conversation.id

    seen: list[int] = []
    more, after = True, 0
    while more:
        page = await application.read_history(ANN, conversation_id, MessageWindow(after=after, limit=3))
        seen += [message.seq for message in page.messages]
        more, after = page.has_more_after, seen[-1]
        await application.append_messages(ANN, conversation_id, [HELLO])

    assert seen == list(range(1, 10))  # the 7 of the beginning, and the 2 that came during the walk
