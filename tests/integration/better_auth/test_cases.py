"""36 ways to present a session: our response, and whose session better-auth itself sees in the same headers."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.integration.better_auth.credentials import (
    FORMS,
    bearer,
    changed,
    credential,
    encoded,
    hex_signed,
    json_web_token,
    other_spelling,
    signature,
    signed,
)
from tests.integration.better_auth.world import World
from tests.support.better_auth_server import SignedIn
from tests.support.raw_http import Header

CHAT = b'{"message": "hello"}'
OTHER_SECRET = "another-secret-0123456789-abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, kw_only=True)
class People:
    """Alice and Bob, signed in, and what the admin's browser keeps while it impersonates."""

    world: World
    alice: SignedIn
    bob: SignedIn
    admin_session: str

    def cookie(self, value: str, name: str | None = None) -> Header:
        """The session cookie with this value."""
        return "Cookie", f"{name or self.world.cookie_name}={value}"

    def named(self, user_id: str | None) -> str | None:
        """Who that is."""
        return {self.alice.user_id: "alice", self.bob.user_id: "bob", None: None}[user_id]

    def forged(self, token: str) -> str:
        """The token, signed with another secret."""
        return signed(token, OTHER_SECRET)


@pytest.fixture(scope="session")
def people(world: World) -> People:
    alice, bob = world.sign_up(), world.sign_up()
    lines = world.client.impersonate(world.admin, alice.user_id).set_cookies
    pairs = [line.partition(";")[0].partition("=") for line in lines]
    admin_session = next(value for name, _, value in pairs if name.endswith("admin_session"))
    return People(world=world, alice=alice, bob=bob, admin_session=admin_session)


def session_id(people: People) -> str:
    """The primary key of Alice's session, which is no credential."""
    rows = people.world.sql('SELECT "id" FROM "session" WHERE "token" = $1', people.alice.token)
    return str(rows[0]["id"])


type Headers = Callable[[People], list[Header]]

GET_CASES: list[tuple[str, Headers, str | None, str | None]] = [
    ("1 nothing", lambda _: [], None, None),
    ("2 raw bearer", lambda c: [bearer(c.alice.token)], "alice", "alice"),
    ("3 signed bearer", lambda c: [bearer(c.alice.set_auth_token)], "alice", "alice"),
    ("4 encoded bearer", lambda c: [bearer(c.alice.cookie_value)], "alice", "alice"),
    ("5 lower case", lambda c: [("authorization", f"bearer {c.alice.token}")], "alice", "alice"),
    ("5 mixed case, spaces", lambda c: [("Authorization", f"bEaReR   {c.alice.token}  ")], "alice", "alice"),
    ("7 empty bearer", lambda _: [("Authorization", "Bearer ")], None, None),
    ("8 undefined", lambda _: [bearer("undefined")], None, None),
    ("8 null", lambda _: [bearer("null")], None, None),
    ("9 basic", lambda c: [("Authorization", f"Basic {c.alice.token}")], None, None),
    ("10 changed token", lambda c: [bearer(changed(c.alice.token))], None, None),
    ("10 lower-cased token", lambda c: [bearer(c.alice.token.swapcase())], None, None),
    ("11 session id", lambda c: [bearer(session_id(c))], None, None),
    ("12 other secret", lambda c: [bearer(c.forged(c.alice.token))], None, None),
    ("13 other token",
     lambda c: [bearer(f"{c.bob.token}.{signature(c.alice.token, c.world.auth.secret)}")], None, None),
    ("14 unpadded", lambda c: [bearer(c.alice.set_auth_token.rstrip("="))], None, None),
    ("15 JWT", lambda c: [bearer(json_web_token(c.alice.user_id, c.world.auth.secret))], None, None),
    ("16 injection", lambda _: [bearer("'%00' OR 1=1--")], None, None),
    ("16 injection, signed",
     lambda c: [bearer(encoded(signed("' OR 1=1--", c.world.auth.secret)))], None, None),
    ("16 8 kB", lambda _: [bearer("x" * 8192)], None, None),
    ("17 encoded cookie", lambda c: [("Cookie", c.alice.cookie)], "alice", "alice"),
    ("18 literal cookie", lambda c: [c.cookie(c.alice.set_auth_token)], "alice", "alice"),
    ("18 quoted cookie", lambda c: [c.cookie(f'"{c.alice.cookie_value}"')], "alice", "alice"),
    ("18 other base64", lambda c: [c.cookie(other_spelling(c.alice.set_auth_token))], "alice", "alice"),
    ("19 raw cookie", lambda c: [c.cookie(c.alice.token)], None, None),
    ("20 changed cookie", lambda c: [c.cookie(changed(c.alice.cookie_value))], None, None),
    ("20 other secret", lambda c: [c.cookie(encoded(c.forged(c.alice.token)))], None, None),
    ("21 double-encoded", lambda c: [c.cookie(encoded(c.alice.cookie_value))], None, None),
    ("22 hex", lambda c: [c.cookie(hex_signed(c.alice.token, c.world.auth.secret))], None, None),
    ("23 other name", lambda c: [c.cookie(c.alice.cookie_value, c.world.other_cookie_name)], None, None),
    ("23 upper-case name", lambda c: [c.cookie(c.alice.cookie_value, c.world.cookie_name.upper())], None, None),
    ("24 session_data only",
     lambda c: [c.cookie(c.alice.cookie_value, c.world.cookie_name.replace("token", "data"))], None, None),
    ("25 admin_session", lambda c: [c.cookie(c.admin_session)], None, None),
    ("26 twice: bad, good",
     lambda c: [("Cookie", f"{c.world.cookie_name}=bad; {c.alice.cookie}")], None, None),
    ("26 twice, two headers",
     lambda c: [c.cookie(c.forged(c.bob.token)), ("Cookie", c.alice.cookie)], None, None),
    ("26 twice: good, bad",
     lambda c: [("Cookie", f"{c.alice.cookie}; {c.world.cookie_name}=bad")], None, "alice"),
    ("26 twice: good, good", lambda c: [("Cookie", c.alice.cookie), ("Cookie", c.alice.cookie)], None, "alice"),
    ("26 two bearers", lambda c: [bearer(c.alice.token), bearer(c.bob.token)], None, "alice"),
    ("26 two bearers, the same", lambda c: [bearer(c.alice.token), bearer(c.alice.token)], None, "alice"),
    ("27 bearer and cookie", lambda c: [bearer(c.bob.token), ("Cookie", c.alice.cookie)], "bob", "bob"),
    ("28 bad bearer, good cookie",
     lambda c: [bearer(c.forged(c.bob.token)), ("Cookie", c.alice.cookie)], None, "alice"),
    ("29 empty bearer, good cookie",
     lambda c: [("Authorization", "Bearer "), ("Cookie", c.alice.cookie)], "alice", "alice"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "ours", "theirs"), [pytest.param(*c[1:], id=c[0]) for c in GET_CASES])
def test_we_answer_as_the_reference_says_and_better_auth_judges_as_it_says(
    people: People, headers: Headers, ours: str | None, theirs: str | None
) -> None:
    sent = headers(people)

    answer = people.world.ask(sent)

    if ours is None:
        assert answer.refusal == (401, "unauthenticated")
        assert answer.headers["www-authenticate"] == "Bearer"
    else:
        assert (answer.status, people.named(answer.json["user_id"])) == (200, ours)
    assert people.named(people.world.better_auths_owner(sent)) == theirs


def test_every_refusal_has_the_same_body(people: People) -> None:
    refused = [headers(people) for _, headers, ours, _ in GET_CASES if ours is None]

    bodies = {people.world.ask(sent).body for sent in refused}

    assert len(bodies) == 1


@pytest.mark.parametrize(
    ("form", "is_accepted"),
    [("token", False), ("set_auth_token", True), ("cookie_value", True), ("cookie", True)],
)
def test_where_the_signature_is_required_a_raw_bearer_is_refused(
    signed_world: World, form: str, *, is_accepted: bool
) -> None:
    person = signed_world.sign_up()
    headers = [credential(form, person)]

    owners = signed_world.owner(headers), signed_world.better_auths_owner(headers)

    assert owners == ((person.user_id, person.user_id) if is_accepted else (None, None))


def expire(world: World, person: SignedIn) -> None:
    world.sql(
        """UPDATE "session" SET "expiresAt" = clock_timestamp() - interval '1 ms' WHERE "token" = $1""", person.token
    )


ENDINGS: dict[str, Callable[[World, SignedIn], None]] = {
    "expired": expire,
    "signed out": lambda world, person: world.client.sign_out(person),
    "revoked": lambda world, person: world.client.revoke_session(person, person.token),
    "deleted user": lambda world, person: world.client.delete_user(person),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_case_30_a_session_that_ended_is_refused(world: World, ending: str) -> None:
    person = world.sign_up()
    credentials = [[credential(form, person)] for form in FORMS]
    before = {world.owner(headers) for headers in credentials}

    ENDINGS[ending](world, person)

    assert before == {person.user_id}
    assert {world.owner(headers) for headers in credentials} == {None}
    assert {world.better_auths_owner(headers) for headers in credentials} == {None}


ORIGINS: list[tuple[str, Callable[[str], list[Header]], bool]] = [
    ("33 origin", lambda trusted: [("Origin", trusted)], True),
    ("33 second origin", lambda _: [("Origin", "https://second.local.test:8443")], True),
    ("33 referer only", lambda trusted: [("Referer", f"{trusted}/chats/1?x=2")], True),
    ("33 origin decides, not referer",
     lambda trusted: [("Origin", trusted), ("Referer", "https://evil.test/")], True),
    ("34 evil", lambda _: [("Origin", "https://evil.test")], False),
    ("34 null", lambda _: [("Origin", "null")], False),
    ("34 missing", lambda _: [], False),
    ("34 empty", lambda _: [("Origin", "")], False),
    ("34 longer", lambda trusted: [("Origin", f"{trusted}.evil.test")], False),
    ("34 subdomain", lambda trusted: [("Origin", trusted.replace("://", "://sub."))], False),
    ("34 port", lambda trusted: [("Origin", f"{trusted}:8443")], False),
    ("34 second without port", lambda _: [("Origin", "https://second.local.test")], False),
    ("34 scheme", lambda trusted: [("Origin", trusted.replace("http", "ftp"))], False),
    ("34 list", lambda trusted: [("Origin", f"{trusted} https://evil.test")], False),
    ("34 two headers", lambda trusted: [("Origin", trusted), ("Origin", "https://evil.test")], False),
    ("34 two headers, evil first", lambda trusted: [("Origin", "https://evil.test"), ("Origin", trusted)], False),
    ("34 bytes", lambda _: [("Origin", b"https://\xff\x80.test")], False),
    ("34 evil, trusted referer", lambda trusted: [("Origin", "https://evil.test"), ("Referer", trusted)], False),
    ("34 null, trusted referer", lambda trusted: [("Origin", "null"), ("Referer", f"{trusted}/")], False),
    ("34 evil referer", lambda trusted: [("Referer", f"https://evil.test/?{trusted}/")], False),
    ("34 longer referer", lambda trusted: [("Referer", f"{trusted}.evil.test/")], False),
    ("34 userinfo in referer", lambda trusted: [("Referer", f"{trusted}@evil.test/")], False),
    ("34 broken referer", lambda trusted: [("Referer", f"{trusted}[")], False),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "is_trusted"), [pytest.param(*case[1:], id=case[0]) for case in ORIGINS])
def test_a_cookie_writes_only_from_a_trusted_origin(
    people: People, headers: Callable[[str], list[Header]], *, is_trusted: bool
) -> None:
    session = people.world.open_sessions([people.alice.user_id])[0]
    before = conversations(people)

    answer = people.world.ask(
        [("Cookie", session.cookie), *headers(people.world.origin)], method="POST", path="/api/chat", body=CHAT
    )

    assert answer.refusal == ((200, "") if is_trusted else (403, "origin_not_allowed"))
    assert conversations(people) - before == int(is_trusted)


def conversations(people: People) -> int:
    rows = people.world.sql("SELECT count(*) AS count FROM conversations WHERE owner_id = $1", people.alice.user_id)
    return int(rows[0]["count"])


EVIL = ("Origin", "https://evil.test")

WRITES: list[tuple[str, Headers, tuple[int, str]]] = [
    ("35 bearer", lambda c: [bearer(c.alice.token), EVIL], (200, "")),
    ("35 bearer without origin", lambda c: [bearer(c.alice.set_auth_token)], (200, "")),
    ("35 bearer and cookie", lambda c: [bearer(c.alice.token), ("Cookie", c.alice.cookie), EVIL], (200, "")),
    ("36 raw cookie", lambda c: [c.cookie(c.alice.token), EVIL], (401, "unauthenticated")),
    ("36 forged cookie", lambda c: [c.cookie(encoded(c.forged(c.alice.token))), EVIL], (401, "unauthenticated")),
    ("36 unknown token, signed",
     lambda c: [c.cookie(signed("0" * 32, c.world.auth.secret)), EVIL], (401, "unauthenticated")),
    ("36 no cookie", lambda _: [EVIL], (401, "unauthenticated")),
    ("36 trusted origin alone", lambda c: [("Origin", c.world.origin)], (401, "unauthenticated")),
    ("empty bearer does not excuse the cookie",
     lambda c: [("Authorization", "Bearer "), ("Cookie", c.alice.cookie), EVIL], (403, "origin_not_allowed")),
    ("bad bearer, good cookie, trusted",
     lambda c: [bearer("x" * 32), ("Cookie", c.alice.cookie), ("Origin", c.world.origin)], (401, "unauthenticated")),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "expected"), [pytest.param(*case[1:], id=case[0]) for case in WRITES])
def test_only_a_proven_cookie_is_asked_for_its_origin(
    people: People, headers: Headers, expected: tuple[int, str]
) -> None:
    answer = people.world.ask(headers(people), method="POST", path="/api/chat", body=CHAT)

    assert answer.refusal == expected


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_no_unsafe_method_takes_a_cookie_from_an_evil_origin(people: People, method: str) -> None:
    made = people.world.ask([bearer(people.alice.token)], method="POST", path="/api/conversations", body=b"{}").json
    path = f"/api/conversations/{made['id']}" + ("/messages" if method == "POST" else "")

    answer = people.world.ask(
        [("Cookie", people.alice.cookie), EVIL], method=method, path=path, body=b'{"title": "taken"}'
    )

    assert answer.refusal == (403, "origin_not_allowed")
    assert people.world.ask([bearer(people.alice.token)], path=f"/api/conversations/{made['id']}").json["title"] is None


def test_a_cookie_reads_from_anywhere(people: People) -> None:
    assert people.world.ask([("Cookie", people.alice.cookie), EVIL]).status == 200
