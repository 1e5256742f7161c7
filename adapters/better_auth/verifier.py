"""The verifier of tokens, and of those who may be acted for, over better-auth's tables."""

import logging
import re
from dataclasses import dataclass, field
from typing import Final, override

import asyncpg

from adapters.better_auth.layout import Layout
from adapters.better_auth.names import LayoutError, Names
from adapters.better_auth.queries import Queries
from adapters.better_auth.signature import verify_signed
from domain.credential import Credential
from domain.errors import (
    BannedError,
    CredentialFailure,
    UnauthenticatedError,
    UnavailableError,
    UnknownOwnerError,
)
from domain.identifiers import OwnerId
from domain.ports.owner_verifier import OwnerVerifier
from domain.ports.readiness import Readiness
from domain.ports.token_verifier import TokenVerifier
from domain.principal import Principal

_log = logging.getLogger(__name__)

_TOKEN: Final = re.compile(r"[!-~]{1,512}", re.ASCII)
_RAW_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,128}", re.ASCII)
"""better-auth makes tokens of 32 letters and digits; a hook may make others, such as UUIDs."""
_LONGEST: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class SignaturePolicy:
    """Which signatures are demanded. A cookie's always is; without a secret nothing that is signed can be verified."""

    secret: bytes | None = field(repr=False)
    bearers_must_be_signed: bool = False


class BetterAuthTokenVerifier(TokenVerifier, OwnerVerifier, Readiness):
    """Looks the session or the owner up at each request, so one that has ended is refused on the next request."""

    def __init__(self, queries: Queries, names: Names, policy: SignaturePolicy) -> None:
        self._queries = queries
        self._names = names
        self._policy = policy
        self._layout: Layout | None = None

    @override
    async def verify(self, credential: Credential) -> Principal:
        token = self._token_of(credential)
        layout = self._layout or await self._discover()
        try:
            row = await self._queries.fetch_row(layout.lookup, (token,), name="better_auth.session")
        except (asyncpg.SyntaxOrAccessError, asyncpg.DataError) as error:
            raise self._outdated() from error
        if row is None:
            raise UnauthenticatedError(CredentialFailure.UNKNOWN)
        if not row["is_live"]:
            raise UnauthenticatedError(CredentialFailure.EXPIRED)
        if row["is_banned"]:
            raise BannedError
        return Principal.of_session(
            row["user_id"], expires_at=row["expires_at"], impersonated_by=row["impersonated_by"]
        )

    @override
    async def verify_owner(self, owner_id: OwnerId) -> None:
        layout = self._layout or await self._discover()
        try:
            row = await self._queries.fetch_row(layout.user_lookup, (owner_id,), name="better_auth.user")
        except asyncpg.DataError:  # such as a word where ids are numbers
            raise UnknownOwnerError from None
        except asyncpg.SyntaxOrAccessError as error:
            raise self._outdated() from error
        if row is None:
            raise UnknownOwnerError
        if row["is_banned"]:
            raise BannedError

    @override
    async def check(self) -> None:
        """Read the tables' layout again: a plugin that was installed since may have added columns, as for bans."""
        await self._discover()

    def _token_of(self, credential: Credential) -> str:
        """The token in the credential. Raises UnauthenticatedError."""
        value = credential.value
        if len(value) > _LONGEST or not value.isascii():
            raise UnauthenticatedError(CredentialFailure.MALFORMED)
        if credential.must_be_signed:
            return self._verified(value)
        if "." not in value:  # an encoded dot makes no signed token: better-auth looks for the dot first
            if self._policy.bearers_must_be_signed:
                raise UnauthenticatedError(CredentialFailure.UNSIGNED)
            return _well_formed(value, _RAW_TOKEN)
        return _well_formed(self._verified(value), _RAW_TOKEN)

    def _verified(self, value: str) -> str:
        if self._policy.secret is None:
            raise UnauthenticatedError(CredentialFailure.BAD_SIGNATURE)
        return _well_formed(verify_signed(value, self._policy.secret), _TOKEN)

    def _outdated(self) -> UnavailableError:
        """The error for tables that have changed; their layout is read again at the next request."""
        self._layout = None
        return UnavailableError("better-auth's tables can't be read.")

    async def _discover(self) -> Layout:
        try:
            self._layout = await Layout.discover(self._queries, self._names)
        except LayoutError as error:
            self._layout = None  # what can't be judged is not let in, as at the start
            _log.error("%s", error)
            raise UnavailableError("better-auth's tables are not as they must be.") from error
        return self._layout


def _well_formed(token: str, form: re.Pattern[str]) -> str:
    if not form.fullmatch(token):
        raise UnauthenticatedError(CredentialFailure.MALFORMED)
    return token
