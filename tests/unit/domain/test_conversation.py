"""Conversations, and patches of them."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from domain.append import decide_append
from domain.conversation import UNSET, Conversation, ConversationPatch, NewConversation
from domain.identifiers import (
    ConversationId,
)
from domain.json_text import EMPTY_OBJECT, JsonText
from domain.message import NewMessage
from domain.roles import Role

ID = ConversationId(UUID(int=0xABC))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_new_conversation_becomes_one_that_is_kept() -> None:
    append = decide_append([NewMessage(role=Role.USER, content="Hello")] * 2, None)
    new = NewConversation(id=ID, title=None, metadata=JsonText('{"a":1}'), append=append)

    conversation = Conversation.of(new, NOW)
    titled = Conversation.of(replace(new, title="Rome", append=None), NOW)

    assert conversation == Conversation(
        id=ID,
        title="Hello",
        title_is_auto=True,
        metadata=JsonText('{"a":1}'),
        last_seq=2,
        archived_at=None,
        created_at=NOW,
        updated_at=NOW,
    )
    assert titled == replace(conversation, title="Rome", title_is_auto=False, last_seq=0)


def test_a_patch_that_merges_metadata_is_decided_on_the_metadata_as_it_is() -> None:
    current = JsonText('{"a":1}')

    change = ConversationPatch(metadata={"b": 2}).decide(current)

    assert change.metadata is not None
    assert change.metadata.value == {"a": 1, "b": 2}
    assert change.decided_on_metadata == current


def test_null_in_a_patch_removes() -> None:
    change = ConversationPatch(title=None, metadata=None, archived=None).decide(None)

    assert (change.title, change.metadata, change.archived) == (None, EMPTY_OBJECT, False)
    assert change.decided_on_metadata is None


def test_a_patch_that_replaces_metadata_is_decided_whatever_it_is() -> None:
    patch = ConversationPatch(metadata={"b": 2}, replaces_metadata=True)

    change = patch.decide(JsonText('{"a":1}'))

    assert not patch.depends_on_metadata
    assert change.metadata is not None
    assert change.metadata.value == {"b": 2}
    assert (change.decided_on_metadata, change.title) == (None, UNSET)
