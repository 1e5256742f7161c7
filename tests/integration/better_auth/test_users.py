"""Sessions of each kind of user: anonymous, impersonated, banned, remembered or not; and what each may see."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import pytest

from tests.integration.better_auth.credentials import FORMS, bearer, credential
from tests.integration.better_auth.world import World, running_world
from tests.support.better_auth_server import SignedIn
from tests.support.raw_http import Header

HELLO: Final = b'{"message": "hello"}'


def credentials(person: SignedIn) -> list[list[Header]]:
    """The session in every form."""
    return [[credential(form, person)] for form in FORMS]


def owners(world: World, person: SignedIn) -> set[str | None]:
    return {world.owner(headers) for headers in credentials(person)}


def row(world: World, person: SignedIn) -> dict[str, object]:
    return world.sql('SELECT * FROM "session" WHERE "token" = $1', person.token)[0]


def test_an_anonymous_user_is_a_user(world: World) -> None:
    person, other = world.client.sign_in_anonymously(), world.client.sign_in_anonymously()

    assert owners(world, person) == {person.user_id} == {world.better_auths_owner([bearer(person.token)])}
    assert owners(world, other) == {other.user_id} != {person.user_id}


def test_an_impersonated_session_is_the_impersonated_users(world: World) -> None:
    person = world.sign_up()
    conversation = start(world, [bearer(person.token)])

    impersonated = world.client.impersonate(world.admin, person.user_id)

    assert row(world, impersonated)["impersonatedBy"] == world.admin.user_id
    assert owners(world, impersonated) == {person.user_id} == {world.better_auths_owner([bearer(impersonated.token)])}
    assert listed(world, [bearer(impersonated.token)]) == [conversation]
    assert conversation not in listed(world, [bearer(world.admin.token)])


def test_the_log_knows_who_impersonates_whom(http_world: World, caplog: pytest.LogCaptureFixture) -> None:
    person = http_world.sign_up()
    impersonated = http_world.client.impersonate(http_world.admin, person.user_id)
    caplog.set_level("INFO")

    http_world.owner([bearer(person.token)])
    assert http_world.admin.user_id not in caplog.text
    http_world.owner([bearer(impersonated.token)])

    assert f"{http_world.admin.user_id} acts as {person.user_id}: /api/me" in caplog.text
    assert impersonated.token not in caplog.text


def test_a_session_that_is_not_remembered_is_a_session_until_its_day_ends(world: World) -> None:
    email = f"{world.sign_up().user_id.lower()}@not-remembered.test"
    world.client.sign_up(email)

    person = world.client.sign_in(email, remember_me=False)

    answer = world.ask([("Cookie", person.cookie)])
    ends = datetime.fromisoformat(answer.json["session_expires_at"])
    assert owners(world, person) == {person.user_id} == {world.better_auths_owner([("Cookie", person.cookie)])}
    assert ends == row(world, person)["expiresAt"]
    assert ends - datetime.now(ends.tzinfo) <= timedelta(days=1)


@pytest.mark.parametrize(
    ("banned", "ban_expires", "is_banned"),
    [
        ("true", "NULL", True),
        ("true", "clock_timestamp() + interval '1 hour'", True),
        ("true", "clock_timestamp() + interval '100 years'", True),
        ("true", "'infinity'", True),
        ("true", "clock_timestamp() - interval '1 s'", False),
        ("true", "'-infinity'", False),
        ("false", "NULL", False),
        ("false", "clock_timestamp() + interval '1 hour'", False),
        ("NULL", "NULL", False),
        ("NULL", "clock_timestamp() + interval '1 hour'", False),
    ],
)
def test_a_banned_user_is_refused_until_the_ban_expires(
    world: World, banned: str, ban_expires: str, *, is_banned: bool
) -> None:
    person = world.sign_up()

    world.sql(f'UPDATE "user" SET "banned" = {banned}, "banExpires" = {ban_expires} WHERE "id" = $1', person.user_id)  # noqa: S608 - the words are above

    refusals = {world.ask(headers).refusal for headers in credentials(person)}
    assert refusals == {(403, "banned") if is_banned else (200, "")}


def test_a_ban_bars_writing_and_reading_and_is_lifted_at_once(world: World) -> None:
    person = world.sign_up()
    conversation = start(world, [bearer(person.token)])
    calls = [("GET", "/api/conversations"), ("GET", f"/api/conversations/{conversation}"), ("POST", "/api/chat")]

    world.sql('UPDATE "user" SET "banned" = true WHERE "id" = $1', person.user_id)
    barred = {
        world.ask([bearer(person.token)], method=method, path=path, body=b"{}" if method == "POST" else b"").refusal
        for method, path in calls
    }
    world.client.unban_user(world.admin, person.user_id)

    assert barred == {(403, "banned")}
    assert listed(world, [bearer(person.token)]) == [conversation]


def test_the_ban_of_one_is_not_the_ban_of_another(world: World) -> None:
    person, other = world.sign_up(), world.sign_up()

    world.sql('UPDATE "user" SET "banned" = true WHERE "id" = $1', person.user_id)

    assert world.ask([bearer(person.token)]).refusal == (403, "banned")
    assert world.owner([bearer(other.token)]) == other.user_id


def test_a_users_sessions_see_the_same_conversations_and_anothers_none_of_them(world: World) -> None:
    person, other = world.sign_up(), world.sign_up()
    second = world.open_sessions([person.user_id])[0]
    conversations = [start(world, headers) for headers in credentials(person)]

    seen = [listed(world, headers) for headers in (*credentials(person), *credentials(second))]

    assert seen == [conversations[::-1]] * 8
    for headers in credentials(other):
        assert listed(world, headers) == []
        for conversation in conversations:
            answer = world.ask(headers, path=f"/api/conversations/{conversation}")
            assert answer.refusal == (404, "conversation_not_found")


@pytest.mark.parametrize(
    ("token", "ours", "theirs"),
    [
        ("0b7c1e0a-5d5c-4c39-9f0e-3d8f2b1a6c47", {*FORMS}, {*FORMS}),
        ("sixteen_or_more_", {*FORMS}, {*FORMS}),
        ("shorter_than_it", {"cookie"}, {*FORMS}),  # a bearer that may come unsigned must not be easy to guess
        ("with.a.dot.in.itself", {"cookie"}, {"cookie"}),  # better-auth splits a bearer at its first dot
        ("with a blank in it", set(), {*FORMS}),  # no secret looks like that
    ],
)
def test_a_token_that_a_hook_made_is_a_token_if_it_looks_like_a_secret(
    world: World, token: str, ours: set[str], theirs: set[str]
) -> None:
    owner = world.sign_up().user_id
    person = world.open_session(owner, token)

    by_us = {form for form in FORMS if world.owner([credential(form, person)]) == owner}
    by_better_auth = {form for form in FORMS if world.better_auths_owner([credential(form, person)]) == owner}

    assert (by_us, by_better_auth) == (ours, theirs)


@pytest.mark.parametrize("generate_id", ["uuid", "serial"])
def test_ids_that_the_database_makes_are_owners_too(server_url: str, generate_id: str) -> None:
    with running_world(server_url, "http://app.local.test", generate_id=generate_id) as world:
        people = [world.sign_up(), world.sign_up()]
        started = [start(world, [bearer(person.token)]) for person in people]

        seen = [owners(world, person) for person in people]
        lists = [listed(world, [bearer(person.token)]) for person in people]
        impersonated = world.client.impersonate(world.admin, people[0].user_id)
        types = world.sql("""SELECT DISTINCT pg_typeof("userId")::text AS type FROM "session" """)

        assert owners(world, impersonated) == {people[0].user_id}
    assert types == [{"type": {"uuid": "uuid", "serial": "integer"}[generate_id]}]
    assert seen == [{person.user_id} for person in people]
    assert lists == [[conversation] for conversation in started]


def start(world: World, headers: Sequence[Header]) -> str:
    """A new conversation of whose session it is; its id."""
    answer = world.ask([*headers, ("Origin", world.origin)], method="POST", path="/api/chat", body=HELLO)
    assert answer.status == 200, answer
    return str(answer.json["conversation_id"])


def listed(world: World, headers: Sequence[Header]) -> list[str]:
    """The ids of their conversations, latest first."""
    return [one["id"] for one in world.ask(headers, path="/api/conversations").json["data"]]
