"""Who calls, and what they may write."""

import pytest

from domain.errors import RoleNotAllowedError, RuleViolationError
from domain.principal import Principal
from domain.roles import Role


def test_a_user_writes_user_messages_only_and_the_agent_every_role() -> None:
    person = Principal(owner_id=Principal.agent(on_behalf_of="ann").owner_id)
    agent = Principal.agent(on_behalf_of="ann")

    person.require_authorship([Role.USER])
    agent.require_authorship(Role)
    for role in set(Role) - {Role.USER}:
        with pytest.raises(RoleNotAllowedError):
            person.require_authorship([Role.USER, role])


@pytest.mark.parametrize("owner", ["", "x" * 256, "a\0b", "a\nb"])
def test_an_owner_has_a_name(owner: str) -> None:
    with pytest.raises(RuleViolationError):
        Principal.agent(on_behalf_of=owner)
