"""Patches, on fakes."""

import pytest

from domain.conversation import ConversationPatch
from domain.errors import (
    ConflictError,
)
from domain.identifiers import OwnerId
from domain.principal import Principal
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.busy_repository import BusyRepository

ANN = Principal(owner_id=OwnerId("ann"))


async def test_patches_at_once_are_applied_one_by_one() -> None:
    application = FakeWorld(conversations=BusyRepository(times=2)).application
    conversation = (await application.create_conversation(ANN, metadata={"kept": 0})).conversation

    updated = await application.update_conversation(ANN, conversation.id, ConversationPatch(metadata={"mine": 1}))

    assert updated.metadata.value == {"kept": 0, "mine": 1, "other-0": 1, "other-1": 1}


async def test_a_patch_that_can_never_win_ends_in_a_conflict() -> None:
    application = FakeWorld(conversations=BusyRepository(times=1000)).application
    conversation = (await application.create_conversation(ANN)).conversation

    with pytest.raises(ConflictError):
        await application.update_conversation(ANN, conversation.id, ConversationPatch(metadata={"mine": 1}))
