"""For whom an agent runtime may act, on fakes."""

import pytest

from domain.errors import BannedError, RoleNotAllowedError, UnknownOwnerError
from domain.identifiers import OwnerId
from domain.principal import Principal
from domain.roles import Caller, Role
from tests.support.fakes.application import FakeWorld


async def test_an_agent_acts_for_a_user_and_writes_every_role() -> None:
    world = FakeWorld()
    world.owners.users.add("ann")

    agent = await world.application.authenticate_agent("ann")

    assert agent == Principal.agent(on_behalf_of="ann")
    agent.require_authorship(Role)


@pytest.mark.parametrize("user_id", ["bob", "", "Ann", "ann ", "a\nb", "x" * 256, "\ud800"])
async def test_an_agent_acts_for_nobody_who_is_no_user(user_id: str) -> None:
    world = FakeWorld()
    world.owners.users |= {"ann", "", "a\nb", "x" * 256}

    with pytest.raises(UnknownOwnerError):
        await world.application.authenticate_agent(user_id)


async def test_an_agent_does_not_act_for_a_banned_user() -> None:
    world = FakeWorld()
    world.owners.users.add("ann")
    world.owners.banned.add("ann")

    with pytest.raises(BannedError):
        await world.application.authenticate_agent("ann")


def test_an_agent_within_a_session_is_the_sessions_but_for_what_it_may_write() -> None:
    session = Principal(owner_id=OwnerId("ann"), impersonated_by="root")

    agent = session.through_agent()

    assert (agent.owner_id, agent.impersonated_by, agent.caller) == ("ann", "root", Caller.AGENT)
    agent.require_authorship(Role)
    with pytest.raises(RoleNotAllowedError):
        session.require_authorship(Role)
