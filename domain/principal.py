"""Principals: who calls, and for which owner."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from domain.errors import CredentialFailure, RoleNotAllowedError, RuleViolationError, UnauthenticatedError
from domain.identifiers import OwnerId
from domain.roles import MAY_AUTHOR, Caller, Role

_MAX_OWNER_LENGTH = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An authenticated caller. All that it reads and writes belongs to ``owner_id``.

    ``session_expires_at`` is None where no session is involved; ``impersonated_by`` is the administrator who acts as
    the owner, if one does.
    """

    owner_id: OwnerId
    caller: Caller = Caller.USER
    session_expires_at: datetime | None = None
    impersonated_by: str | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.owner_id) <= _MAX_OWNER_LENGTH or not self.owner_id.isprintable():
            raise RuleViolationError("owner_id", f"must be 1 to {_MAX_OWNER_LENGTH} printable characters")

    @classmethod
    def of_session(cls, user_id: str, *, expires_at: datetime, impersonated_by: str | None = None) -> Self:
        """The user of a session that is valid. Raises UnauthenticatedError if the user's id can't be an owner's."""
        try:
            return cls(owner_id=OwnerId(user_id), session_expires_at=expires_at, impersonated_by=impersonated_by)
        except RuleViolationError:
            raise UnauthenticatedError(CredentialFailure.UNFIT_USER_ID) from None

    @classmethod
    def agent(cls, *, on_behalf_of: str) -> Self:
        """The agent runtime, acting for an owner."""
        return cls(owner_id=OwnerId(on_behalf_of), caller=Caller.AGENT)

    def through_agent(self) -> Self:
        """The same session, in which the agent runtime acts."""
        return replace(self, caller=Caller.AGENT)

    def require_authorship(self, roles: Iterable[Role]) -> None:
        """Raise RoleNotAllowedError unless the caller may write messages of all these roles."""
        if not MAY_AUTHOR[self.caller].issuperset(roles):
            raise RoleNotAllowedError
