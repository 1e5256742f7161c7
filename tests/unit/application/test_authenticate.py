"""Who calls, on fakes."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.credential import Credential
from domain.errors import (
    UnauthenticatedError,
)
from domain.identifiers import OwnerId
from domain.principal import Principal
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.others import Session


async def test_a_token_tells_who_calls() -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    world = FakeWorld(sessions={"good": Session(user_id="ann", expires_at=tomorrow)})

    principal = await world.application.authenticate(Credential(value="good", must_be_signed=False))

    assert principal == Principal(owner_id=OwnerId("ann"), session_expires_at=tomorrow)
    with pytest.raises(UnauthenticatedError):
        await world.application.authenticate(Credential(value="bad", must_be_signed=False))
