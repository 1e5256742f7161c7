"""How a deployment may name the session cookie, the tables and the columns."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from tests.integration.better_auth.credentials import FORMS, bearer, credential
from tests.integration.better_auth.world import World, running_world
from tests.support.raw_http import Connection
from tests.support.service import running_service

RENAMED = """
    CREATE SCHEMA elsewhere
    CREATE VIEW app_sessions AS
        SELECT "token" AS secret, "userId" AS person, "expiresAt" AT TIME ZONE 'Asia/Tokyo' AS ends
        FROM public."session"
    CREATE VIEW app_users AS
        SELECT "id" AS number, "banned" AS is_out, "banExpires" AT TIME ZONE 'Asia/Tokyo' AS out_until
        FROM public."user"
"""


@contextmanager
def connected(world: World, changes: Mapping[str, Any]) -> Iterator[Connection]:
    """A connection to the world's service with other settings."""
    with (
        running_service(msgspec.structs.replace(world.settings, **changes)) as address,
        Connection(address) as connection,
    ):
        yield connection


def test_the_cookies_prefix_is_better_auths(server_url: str) -> None:
    with running_world(server_url, "https://app.local.test", cookie_prefix="acme") as world:
        person = world.sign_up()
        usual = ("Cookie", f"__Secure-better-auth.session_token={person.cookie_value}")

        owners = world.owner([("Cookie", person.cookie)]), world.owner([usual])

        assert person.cookie_name == "__Secure-acme.session_token"
        assert (
            owners
            == (person.user_id, None)
            == (world.better_auths_owner([("Cookie", person.cookie)]), world.better_auths_owner([usual]))
        )


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [
        ({"auth_cookie_name": "sid"}, {"sid"}),
        ({"auth_cookie_name": "sid", "auth_cookie_prefix": "acme"}, {"sid"}),
        ({"auth_cookie_prefix": "acme"}, {"acme.session_token"}),
        ({"better_auth_url": "HTTPS://app.local.test"}, {"__Secure-better-auth.session_token"}),
        ({"auth_cookies": False}, set()),
    ],
)
def test_one_name_of_a_cookie_is_accepted(http_world: World, changes: dict[str, Any], accepted: set[str]) -> None:
    person = http_world.sign_up()
    names = {"sid", "SID", "acme.session_token", "better-auth.session_token", "__Secure-better-auth.session_token"}

    with connected(http_world, changes) as connection:
        answered = {name: connection.ask([("Cookie", f"{name}={person.cookie_value}")]).status for name in names}
        by_bearer = connection.ask([bearer(person.set_auth_token)])

    assert {name for name, status in answered.items() if status == 200} == accepted
    assert {status for status in answered.values() if status != 200} == {401}
    assert by_bearer.status == 200


def test_the_tables_and_columns_may_have_other_names(http_world: World) -> None:
    person, banned, gone = (http_world.sign_up() for _ in range(3))
    http_world.client.sign_out(gone)
    http_world.sql(
        """UPDATE "user" SET "banned" = true, "banExpires" = clock_timestamp() + interval '1 hour' WHERE "id" = $1""",
        banned.user_id,
    )
    changes = {
        "auth_schema": "elsewhere",
        "auth_session_table": "app_sessions",
        "auth_session_token_column": "secret",
        "auth_session_user_id_column": "person",
        "auth_session_expires_at_column": "ends",
        "auth_user_table": "app_users",
        "auth_user_id_column": "number",
        "auth_user_banned_column": "is_out",
        "auth_user_ban_expires_column": "out_until",
        "auth_expiry_time_zone": "Asia/Tokyo",
    }
    http_world.sql(RENAMED)

    try:
        with connected(http_world, changes) as connection:
            owners = {connection.ask([credential(form, person)]).json["user_id"] for form in FORMS}
            refused = [connection.ask([bearer(one.token)]).refusal for one in (banned, gone)]
    finally:
        http_world.sql("DROP SCHEMA elsewhere CASCADE")

    assert owners == {person.user_id}
    assert refused == [(403, "banned"), (401, "unauthenticated")]
