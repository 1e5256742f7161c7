"""A world: a better-auth server, our service, and the database that both read."""

import asyncio
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.migrating import migrate
from entrypoints.settings import Settings
from tests.integration.better_auth.credentials import encoded, signed
from tests.support.better_auth_server import BetterAuthClient, BetterAuthServer, SignedIn
from tests.support.postgres import new_database
from tests.support.raw_answers import Answer
from tests.support.raw_http import Connection, Header
from tests.support.service import running_service, without_limits

_ADD_PEOPLE = """
    WITH person AS (
        INSERT INTO "user" ("id", "name", "email", "emailVerified")
        SELECT id, 'A Person', lower(id) || '@example.test', false FROM unnest($1::text[]) AS id RETURNING "id"
    )
    INSERT INTO account ("id", "accountId", "providerId", "userId", "password", "updatedAt")
    SELECT person."id", person."id", 'credential', person."id", template."password", clock_timestamp()
    FROM person CROSS JOIN (SELECT "password" FROM account WHERE "userId" = $2) AS template
"""
_ADD_SESSIONS = """
    INSERT INTO "session" ("id", "expiresAt", "token", "updatedAt", "userId")
    SELECT 'session-' || token, clock_timestamp() + interval '7 days', token, clock_timestamp(), user_id
    FROM unnest($1::text[], $2::text[]) AS new (token, user_id)
"""


@dataclass(frozen=True, kw_only=True)
class World:
    """Does what people do, and asks both servers about it."""

    auth: BetterAuthServer
    client: BetterAuthClient
    admin: SignedIn
    settings: Settings
    service: str

    @property
    def origin(self) -> str:
        """The frontend's, which both servers trust."""
        return self.auth.origin

    @property
    def cookie_name(self) -> str:
        """The session cookie's."""
        return self.admin.cookie_name

    @property
    def other_cookie_name(self) -> str:
        """What the cookie would be called were https http, or http https."""
        prefix = "__Secure-"
        has_prefix = self.cookie_name.startswith(prefix)
        return self.cookie_name.removeprefix(prefix) if has_prefix else prefix + self.cookie_name

    def sign_up(self) -> SignedIn:
        """A new person."""
        return self.client.sign_up(f"{secrets.token_hex(8)}@example.test")

    def add_people(self, count: int, *, like: SignedIn) -> list[SignedIn]:
        """Many new people at once, with the password of one who is there, each with a session."""
        user_ids = [_new_id() for _ in range(count)]
        self.sql(_ADD_PEOPLE, user_ids, like.user_id)
        return self.open_sessions(user_ids)

    def open_sessions(self, user_ids: Sequence[str]) -> list[SignedIn]:
        """One more session for each, written where better-auth would write it."""
        tokens = [_new_id() for _ in user_ids]
        self.sql(_ADD_SESSIONS, tokens, user_ids)
        return [self.signed_in(user_id, token) for user_id, token in zip(user_ids, tokens, strict=True)]

    def open_session(self, user_id: str, token: str) -> SignedIn:
        """One more session, with a token as a hook might make it."""
        self.sql(_ADD_SESSIONS, [token], [user_id])
        return self.signed_in(user_id, token)

    def signed_in(self, user_id: str, token: str) -> SignedIn:
        """The forms of a session's credential; whether there is such a session is not asked."""
        credential = signed(token, self.auth.secret)
        return SignedIn(
            user_id=user_id,
            token=token,
            set_auth_token=credential,
            cookie_name=self.cookie_name,
            cookie_value=encoded(credential),
            set_cookies=(),
        )

    def ask(
        self, headers: Sequence[Header], *, method: str = "GET", path: str = "/api/me", body: bytes = b""
    ) -> Answer:
        """Our answer to a request with exactly these headers."""
        with Connection(self.service) as connection:
            return connection.ask(headers, method=method, path=path, body=body)

    def owner(self, headers: Sequence[Header]) -> str | None:
        """Whose session our service takes the request for; None where it answers 401."""
        answer = self.ask(headers)
        if answer.status == 200:
            return str(answer.json["user_id"])
        assert answer.refusal == (401, "unauthenticated"), answer
        return None

    def better_auths_owner(self, headers: Sequence[Header]) -> str | None:
        """Whose session better-auth takes the request for."""
        found = self.client.get_session(headers)
        return None if found is None else str(found["user"]["id"])

    def sql(self, statement: str, *arguments: object) -> list[dict[str, Any]]:
        """Run a statement; its rows."""

        async def run() -> list[dict[str, Any]]:
            connection = await asyncpg.connect(**DatabaseAddress.parse(self.settings.database_url).arguments)
            try:
                return [dict(row) for row in await connection.fetch(statement, *arguments)]
            finally:
                await connection.close()

        return asyncio.run(run())


def _new_id() -> str:
    return secrets.token_hex(16)


@contextmanager
def running_world(
    server_url: str,
    base_url: str,
    *,
    require_signature: bool = False,
    cookie_prefix: str = "better-auth",
    generate_id: str | None = None,
) -> Iterator[World]:
    """A world whose frontend is at the URL, in a database of its own."""
    with ExitStack() as stack:
        database_url = stack.enter_context(new_database(server_url))
        asyncio.run(migrate(DatabaseAddress.parse(database_url)))
        auth = BetterAuthServer(
            database_url=database_url,
            secret=secrets.token_urlsafe(48),
            base_url=base_url,
            require_signature=require_signature,
            cookie_prefix=cookie_prefix,
            generate_id=generate_id,
        )
        client = BetterAuthClient(stack.enter_context(auth).address)
        stack.enter_context(client)
        settings = Settings(
            database_url=database_url,
            better_auth_secret=auth.secret,
            better_auth_url=base_url,
            trusted_origins=f"{auth.origin},https://second.local.test:8443",
            auth_require_signed_bearer=require_signature,
            auth_cookie_prefix=cookie_prefix,
        )
        yield World(
            auth=auth,
            client=client,
            admin=client.sign_up("admin@example.test"),
            settings=settings,
            service=stack.enter_context(running_service(without_limits(settings))),
        )
