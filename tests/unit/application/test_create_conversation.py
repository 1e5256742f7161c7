"""Creations, on fakes."""

import pytest

from domain.conversation import ConversationPatch
from domain.errors import (
    ConversationNotFoundError,
)
from domain.idempotency import IdempotencyKey
from domain.identifiers import OwnerId
from domain.message import NewMessage
from domain.principal import Principal
from domain.roles import Role
from tests.support.fakes.application import FakeWorld

ANN = Principal(owner_id=OwnerId("ann"))
KEY = IdempotencyKey(key="k", fingerprint=b"f")
HELLO = NewMessage(role=Role.USER, content="Hello")


async def test_a_repeated_creation_gets_the_first_answer_whatever_happened_since() -> None:
    application = FakeWorld().application
    first = await application.create_conversation(ANN, metadata={"a": 1}, messages=[HELLO], key=KEY)
    conversation_id = first.conversation.id
    await application.append_messages(ANN, conversation_id, [HELLO])
    await application.update_conversation(ANN, conversation_id, ConversationPatch(title="x", archived=True))

    again = await application.create_conversation(ANN, metadata={"a": 1}, messages=[HELLO], key=KEY)

    assert again.replayed
    assert (again.conversation, list(again.messages)) == (first.conversation, list(first.messages))


async def test_a_repeated_creation_of_what_was_deleted_finds_nothing() -> None:
    application = FakeWorld().application
    created = await application.create_conversation(ANN, key=KEY)
    await application.delete_conversation(ANN, created.conversation.id)

    with pytest.raises(ConversationNotFoundError):
        await application.create_conversation(ANN, key=KEY)
