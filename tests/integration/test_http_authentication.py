"""Who gets in over HTTP, and who does not."""

import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from entrypoints.app import make_litestar
from entrypoints.settings import Settings
from tests.support.postgres import execute

PUBLIC = {
    ("GET", "/health/live"),
    ("GET", "/health/ready"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/docs/docs.css"),
    ("GET", "/docs/docs.js"),
    ("GET", "/docs/swagger-ui.js"),
    ("GET", "/docs/swagger-ui.css"),
}


def routes_of(app: Litestar) -> Iterator[tuple[str, str]]:
    """Every method and path that the application serves, OPTIONS included."""
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            for method in route.methods:
                yield method, re.sub(r"{\w+:\w+}", "x", route.path)


def test_no_route_answers_without_a_session_but_the_public_ones(settings: Settings, anonymous: httpx.Client) -> None:
    routes = list(routes_of(make_litestar(settings)))

    answered = {
        (method, path)
        for method, path in routes
        if anonymous.request(method, path, json={"message": "x"}).status_code != 401
    }

    assert len(routes) > 15
    assert {one for one in answered if one[0] != "OPTIONS"} == PUBLIC
    assert {path for method, path in answered if method == "OPTIONS"} <= {path for _, path in PUBLIC}


def test_me_tells_who_the_session_is_and_when_it_ends(client: httpx.Client, database_url: str) -> None:
    me = client.get("/api/me").json()

    rows = execute(database_url, 'SELECT "userId", "expiresAt" FROM "session"')
    ends = {row["userId"]: row["expiresAt"].isoformat() for row in rows}
    assert me["session_expires_at"].replace("Z", "+00:00") == ends[me["user_id"]]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer undefined",
        "Bearer null",
        "Bearer {other}",
        "Bearer {token} x",
        "Bearer x{token}",
        "Bearer {upper}",
        "Basic {token}",
        "{token}",
        "Bearer\t{token}",
        "Bearer ' OR 1=1 --",
        "Bearer %00",
        "Bearer é",
        "Bearer " + "x" * 8000,
    ],
)
def test_nobody_gets_in_without_a_sessions_own_token(
    anonymous: httpx.Client, new_token: Callable[[], str], header: str
) -> None:
    token = new_token()
    credential = header.format(token=token, other="0" * 32, upper=token.upper())

    answer = anonymous.get("/api/me", headers=[(b"Authorization", credential.encode())])

    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json()["code"] == "unauthenticated"


def test_every_refusal_is_the_same(anonymous: httpx.Client) -> None:
    credentials = [{}, {"Authorization": "Bearer undefined"}, {"Authorization": "Bearer " + "0" * 32}]

    answers = {anonymous.get("/api/me", headers=headers).content for headers in credentials}

    assert len(answers) == 1


@pytest.mark.parametrize("user", ["x" * 256, "line\nfeed"], ids=["too long", "unprintable"])
def test_a_user_who_can_own_nothing_is_refused_as_any_other(
    anonymous: httpx.Client, client: httpx.Client, database_url: str, caplog: pytest.LogCaptureFixture, user: str
) -> None:
    own = client.get("/api/me").json()["user_id"]
    other = f"{own}{user}"
    add = """INSERT INTO "user" ("id", "name", "email", "emailVerified") VALUES ('{other}', 'x', '{other}', true)"""
    move = """UPDATE "session" SET "userId" = '{other}' WHERE "userId" = '{own}'"""
    execute(database_url, add.format(other=other), move.format(other=other, own=own))

    answer = client.get("/api/me")

    assert (answer.status_code, answer.content) == (401, anonymous.get("/api/me").content)
    assert "unfit_user_id" in caplog.text


def test_two_credentials_are_none(anonymous: httpx.Client, new_token: Callable[[], str]) -> None:
    headers = [("Authorization", f"Bearer {new_token()}")] * 2

    assert anonymous.get("/api/me", headers=headers).status_code == 401


def test_the_scheme_may_be_written_in_any_case(anonymous: httpx.Client, new_token: Callable[[], str]) -> None:
    assert anonymous.get("/api/me", headers={"Authorization": f"bEARER  {new_token()}"}).status_code == 200


@pytest.mark.parametrize(
    "ending",
    [
        """UPDATE "session" SET "expiresAt" = now() - interval '1 ms' WHERE "userId" = '{user}'""",
        """DELETE FROM "session" WHERE "userId" = '{user}'""",
        """DELETE FROM "user" WHERE "id" = '{user}'""",
    ],
)
def test_a_session_that_ended_is_refused_on_the_very_next_request(
    client: httpx.Client, database_url: str, ending: str
) -> None:
    user = client.get("/api/me").json()["user_id"]

    execute(database_url, ending.format(user=user))

    assert client.get("/api/me").status_code == 401
