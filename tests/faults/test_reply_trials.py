"""A reply ends once, with all that was said, whatever happens to its writer, its storage and its reader."""

import pytest

from tests.faults.mutants import FOUND_IN_A_TRIAL, MUTANTS
from tests.faults.reply_trials import TRIALS
from tests.faults.reply_world import ReplyWorld

pytestmark = [pytest.mark.faults, pytest.mark.anyio, pytest.mark.timeout(60)]


@pytest.mark.parametrize("what", TRIALS)
async def test_a_reply_is_whole_though(what: str, database_url: str) -> None:
    async with ReplyWorld.on(database_url) as world:
        reply = await TRIALS[what](world)

        assert await world.check(reply) == []


@pytest.mark.parametrize("mutant", FOUND_IN_A_TRIAL)
async def test_a_writer_without_a_guard_is_found(
    mutant: str, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial, complaint = FOUND_IN_A_TRIAL[mutant]
    monkeypatch.setattr(*MUTANTS[mutant])
    async with ReplyWorld.on(database_url) as world:
        reply = await TRIALS[trial](world)

        complaints = await world.check(reply)

    assert any(complaint in one for one in complaints), complaints
