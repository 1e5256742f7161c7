"""Readiness, on fakes."""

import pytest

from application.check_readiness import CheckReadiness
from domain.errors import (
    UnavailableError,
)
from tests.support.fakes.application import FakeWorld
from tests.support.fakes.others import StaticReadiness


async def test_readiness_is_what_the_storage_says() -> None:
    world = FakeWorld()

    await world.application.check_readiness()

    world.readiness.reason = "away"
    with pytest.raises(UnavailableError):
        await world.application.check_readiness()


async def test_all_that_is_needed_has_to_be_ready() -> None:
    ready, away = StaticReadiness(), StaticReadiness()
    away.reason = "away"

    for parts in ([ready, away], [away, ready]):
        with pytest.raises(UnavailableError):
            await CheckReadiness(parts)()
