"""Credentials of every bad shape: each is answered, none makes a 5xx, and no part of one is logged or sent back."""

import logging
import secrets
from collections.abc import Callable
from typing import Final

import pytest

from tests.integration.better_auth.credentials import FORMS, credential, encoded, json_web_token, signed
from tests.integration.better_auth.world import World
from tests.support.raw_answers import Answer
from tests.support.raw_http import Header

HELLO: Final = b'{"message": "hello"}'
REFUSALS: Final = {400, 401, 403, 413, 431}
"""400 and 431: refused by the HTTP parser, or for its size, before anybody asked whose it is."""

type Token = Callable[[bytes], bytes]

TOKENS: Final[dict[str, Token]] = {
    "unknown": lambda canary: canary,
    "longer": lambda canary: canary * 4,
    "8 kB": lambda canary: canary * 256,
    "60 kB": lambda canary: canary * 1900,
    "NUL": lambda canary: canary + b"\0" + canary,
    "encoded NUL": lambda canary: canary + b"%00" + canary,
    "control characters": lambda canary: canary + b"\x01\x1b[31m\x7f",
    "tabs": lambda canary: canary + b"\t" + canary,
    "quotes": lambda canary: b"' OR '1'='1' -- \"" + canary,
    "dollar quote": lambda canary: b"$$;DROP TABLE session;--" + canary,
    "backslashes": lambda canary: b"\\" * 9 + canary,
    "format": lambda canary: b"%s%d%(token)s{0}{token}" + canary,
    "broken percent": lambda canary: canary + b"%",
    "broken percents": lambda canary: b"%zz%1%%" + canary + b".%u0041",
    "encoded bytes": lambda canary: canary + b"%ff%fe." + canary,
    "lone surrogate": lambda canary: canary + b"%ED%A0%80." + canary,
    "overlong": lambda canary: canary + b"%C0%AE." + canary,
    "encoded emoji": lambda canary: canary + b"%F0%9F%98%80." + b"A" * 43 + b"=",
    "bytes": lambda canary: canary + b"\xff\xfe\x80",
    "surrogate bytes": lambda canary: canary + b"\xed\xa0\x80." + canary,
    "UTF-8": lambda canary: canary + "é\u2028\U0001f600".encode(),
    "UTF-8 signature": lambda canary: canary + b"." + "é".encode() * 22,
    "encoded UTF-8 signature": lambda canary: canary + b"." + b"%C3%A9" * 43 + b"=",
    "dots": lambda canary: canary + b"." * 500,
    "empty parts": lambda canary: b"." + canary + b".",
    "signature of A": lambda canary: canary + b"." + b"A" * 43 + b"=",
    "signature of =": lambda canary: canary + b"." + b"=" * 44,
    "long token": lambda canary: canary * 30 + b"." + b"A" * 43 + b"=",
    "undefined": lambda canary: b"undefined" + canary,
    "list": lambda canary: canary + b", Bearer " + canary,
    "object": lambda canary: b"[object Object]" + canary,
    "JSON": lambda canary: b'{"token":"' + canary + b'"}',
    "JWT": lambda canary: json_web_token(canary.decode(), "secret" * 8).encode() + b"." + canary,
    "unsecured JWT": lambda canary: b"eyJhbGciOiJub25lIn0." + canary + b".",
    "cookie attributes": lambda canary: canary + b"; Path=/; Domain=evil.test; HttpOnly",
    "URL": lambda canary: b"https://" + canary + b":" + canary + b"@evil.test/",
}
"""What may stand where a token is expected; each holds the canary, some several times."""

type Request = Callable[[World, bytes], list[Header]]


def _cookie(world: World, value: bytes) -> Header:
    return "Cookie", world.cookie_name.encode() + b"=" + value


def _bearer(make: Token) -> Request:
    return lambda _, canary: [("Authorization", b"Bearer " + make(canary))]


def _unsigned(make: Token) -> Request:
    return lambda world, canary: [_cookie(world, make(canary))]


def _signed(make: Token) -> Request:
    def request(world: World, canary: bytes) -> list[Header]:
        credential = signed(make(canary).decode("latin-1"), world.auth.secret)
        return [_cookie(world, encoded(credential).encode())]

    return request


REQUESTS: Final[dict[str, Request]] = {
    **{f"bearer: {name}": _bearer(make) for name, make in TOKENS.items()},
    **{f"cookie: {name}": _unsigned(make) for name, make in TOKENS.items()},
    **{f"cookie: signed {name}": _signed(make) for name, make in TOKENS.items() if len(make(b"x" * 32)) < 1000},
    "basic": lambda _, canary: [("Authorization", b"Basic " + canary)],
    "digest": lambda _, canary: [("Authorization", b'Digest username="' + canary + b'"')],
    "scheme only": lambda _, canary: [("Authorization", canary)],
    "scheme of bytes": lambda _, canary: [("Authorization", b"\xff\xfe " + canary)],
    "two authorizations": lambda _, canary: [("Authorization", b"Bearer " + canary)] * 2,
    "fifty authorizations": lambda _, canary: [("Authorization", b"Bearer " + canary)] * 50,
    "folded": lambda _, canary: [("Authorization", b"Bearer\r\n " + canary)],
    "many cookie headers": lambda world, canary: [_cookie(world, canary)] * 50,
    "1,000 cookies": lambda world, canary: [
        ("Cookie", b"; ".join([world.cookie_name.encode() + b"=" + canary] * 1000))
    ],
    "1,000 names": lambda _, canary: [("Cookie", b"; ".join(b"%s%d=1" % (canary, n) for n in range(1000)))],
    "1,000 headers": lambda world, canary: [_cookie(world, canary)] * 1000,
    "semicolons": lambda world, canary: [("Cookie", b";" * 5000), _cookie(world, canary)],
    "equals signs": lambda world, canary: [_cookie(world, b"=" * 5000 + canary)],
    "name in the cookie's name": lambda world, canary: [
        ("Cookie", world.cookie_name.encode() + b"_multi-" + canary + b"=" + canary)
    ],
    "broken cookie": lambda _, canary: [("Cookie", b'\x00\xff=;=;"' + canary)],
    "everything": lambda world, canary: [
        ("Authorization", b"Bearer " + canary),
        _cookie(world, canary),
        ("Origin", b"https://" + canary),
        ("Referer", b"https://[" + canary),
        ("X-Request-Id", b"\xff" + canary),
    ],
}  # fmt: skip


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Callable[[], str]:
    """Everything that was logged at any level, by any logger, or printed."""
    for name in (None, *logging.root.manager.loggerDict):
        caplog.set_level(logging.DEBUG, logger=name)

    def text() -> str:
        records = [f"{record.getMessage()} {record.__dict__}" for record in caplog.records]
        return "\n".join([caplog.text, *records, *capfd.readouterr()])

    return text


def new_canary() -> bytes:
    """A word that could be a raw token, and stands nowhere else."""
    return b"canary" + secrets.token_hex(13).encode()


def shown(answer: Answer) -> str:
    return f"{answer.headers}{answer.body!r}"


def parts(secret: str, text: str) -> list[str]:
    """Every eight characters of the secret that the text shows."""
    windows = (secret[start : start + 8] for start in range(len(secret) - 7))
    return [window for window in windows if window in text]


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
@pytest.mark.parametrize(("method", "path", "body"), [("GET", "/api/me", b""), ("POST", "/api/chat", HELLO)])
def test_a_hostile_credential_is_refused_and_told_to_nobody(
    http_world: World, logged: Callable[[], str], method: str, path: str, body: bytes, request_: Request
) -> None:
    canary = new_canary()

    answer = http_world.ask(request_(http_world, canary), method=method, path=path, body=body)

    assert answer.status in REFUSALS, answer
    assert parts(canary.decode(), shown(answer) + logged()) == []


def test_it_still_serves_others_afterwards(http_world: World) -> None:
    person = http_world.open_sessions([http_world.admin.user_id])[0]

    assert {http_world.owner([credential(form, person)]) for form in FORMS} == {person.user_id}


# What is done to the database before, and after; and how the request may be answered.
STATES: Final[dict[str, tuple[str, str, set[tuple[int, str]]]]] = {
    "valid": ("SELECT 1", "SELECT 1", {(200, ""), (403, "origin_not_allowed")}),
    "banned": ("""UPDATE "user" SET "banned" = true WHERE "id" = '{user}'""", "SELECT 1", {(403, "banned")}),
    "expired": (
        """UPDATE "session" SET "expiresAt" = '-infinity' WHERE "userId" = '{user}'""",
        "SELECT 1",
        {(401, "unauthenticated")},
    ),
    "deleted": ("""DELETE FROM "user" WHERE "id" = '{user}'""", "SELECT 1", {(401, "unauthenticated")}),
    "unreadable": (
        'ALTER TABLE "session" RENAME TO "hidden"',
        'ALTER TABLE IF EXISTS "hidden" RENAME TO "session"',
        {(503, "unavailable")},
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("state", STATES)
def test_a_sessions_own_credential_is_told_to_nobody(
    http_world: World, logged: Callable[[], str], form: str, state: str
) -> None:
    person = http_world.add_people(1, like=http_world.admin)[0]
    signature = person.set_auth_token.partition(".")[2]
    change, undo, expected = STATES[state]
    http_world.sql(change.format(user=person.user_id))

    try:
        headers = [credential(form, person), ("Origin", "https://evil.test")]
        answer = http_world.ask(headers, method="POST", path="/api/chat", body=HELLO)
    finally:
        http_world.sql(undo)

    assert answer.refusal in expected
    text = shown(answer) + logged()
    assert [parts(one, text) for one in (person.token, signature, encoded(signature), http_world.auth.secret)] == [
        []
    ] * 4
