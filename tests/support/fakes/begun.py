"""Conversations of Ann's on fakes, and what is left of them."""

from domain.identifiers import ConversationId, OwnerId
from domain.message import NewMessage
from domain.principal import Principal
from tests.support.fakes.application import FakeWorld

ANN = Principal.agent(on_behalf_of="ann")
BOB = Principal(owner_id=OwnerId("bob"))


async def begin(world: FakeWorld, *messages: NewMessage) -> ConversationId:
    created = await world.application.create_conversation(ANN)
    for first in range(0, len(messages), 100):
        await world.application.append_messages(ANN, created.conversation.id, messages[first : first + 100])
    return created.conversation.id


async def seqs(world: FakeWorld, place: ConversationId) -> list[int]:
    return [message.seq for message in (await world.application.read_history(ANN, place)).messages]


async def open_calls(world: FakeWorld, place: ConversationId) -> frozenset[str]:
    return (await world.conversations.open_calls(ANN.owner_id, place, None))[0]
