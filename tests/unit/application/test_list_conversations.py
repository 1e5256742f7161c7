"""The list of conversations, on fakes."""

from domain.identifiers import ConversationId, OwnerId
from domain.message import NewMessage
from domain.pages import ConversationWindow
from domain.principal import Principal
from domain.roles import Role
from tests.support.fakes.application import FakeWorld

ANN = Principal(owner_id=OwnerId("ann"))
HELLO = NewMessage(role=Role.USER, content="Hello")


async def test_walking_the_list_meets_each_conversation_once_though_others_become_active() -> None:
    application = FakeWorld().application
    made = [(await application.create_conversation(ANN)).conversation.id for _ in range(5)]

    seen: list[ConversationId] = []
    window: ConversationWindow | None = ConversationWindow(limit=2)
    while window:
        page = await application.list_conversations(ANN, window)
        seen += [one.id for one in page.conversations]
        await application.append_messages(ANN, made[-1], [HELLO])
        window = ConversationWindow(limit=2, cursor=page.next_cursor) if page.next_cursor else None

    assert seen == made[::-1]
