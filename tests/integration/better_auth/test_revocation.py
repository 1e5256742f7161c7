"""A session that ends is refused on the very next request, however busy the service is: 200 trials."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.integration.better_auth.credentials import FORMS, bearer, credential
from tests.integration.better_auth.world import World
from tests.support.better_auth_server import PASSWORD, SignedIn
from tests.support.raw_http import Connection

HAMMERS = 3


def revoke_from_another_session(world: World, person: SignedIn) -> None:
    other = world.open_sessions([person.user_id])[0]
    world.client.revoke_session(other, person.token)


def revoke_other_sessions(world: World, person: SignedIn) -> None:
    other = world.open_sessions([person.user_id])[0]
    world.client.revoke_other_sessions(other)
    assert world.owner([bearer(other.token)]) == person.user_id


def change_password(world: World, person: SignedIn) -> None:
    other = world.open_sessions([person.user_id])[0]
    successor = world.client.change_password(other, f"{PASSWORD}!")
    assert world.owner([bearer(successor.token)]) == person.user_id


def ban(world: World, person: SignedIn) -> None:
    world.client.ban_user(world.admin, person.user_id)


def expire(world: World, person: SignedIn) -> None:
    world.sql(
        """UPDATE "session" SET "expiresAt" = clock_timestamp() - interval '1 us' WHERE "token" = $1""", person.token
    )


# How a session may end, and how often it does so in a hundred trials: a password takes the longest to hash.
ENDINGS: dict[Callable[[World, SignedIn], None], int] = {
    lambda world, person: world.client.sign_out(person): 20,
    revoke_from_another_session: 15,
    revoke_other_sessions: 15,
    lambda world, person: world.client.revoke_sessions(person): 5,
    ban: 15,
    expire: 15,
    lambda world, person: world.client.delete_user(person): 5,
    lambda world, person: world.client.remove_user(world.admin, person.user_id): 5,
    change_password: 5,
}


@dataclass
class Hammering:
    """How often it was asked as somebody else, and the answers that were not as they should be."""

    asked: int = 0
    unexpected: list[tuple[int, bytes]] = field(default_factory=list)


@contextmanager
def hammering(world: World, threads: int) -> Iterator[Hammering]:
    """Threads that ask as somebody else without a pause; their findings are complete when it ends."""
    person = world.sign_up()
    headers = [bearer(person.token)]
    is_over = threading.Event()
    found = Hammering()

    def hammer() -> None:
        with Connection(world.service) as connection:
            while not is_over.is_set():
                answer = connection.ask(headers)
                found.asked += 1
                if answer.status != 200 or answer.json["user_id"] != person.user_id:
                    found.unexpected.append((answer.status, answer.body))

    running = [threading.Thread(target=hammer) for _ in range(threads)]
    for thread in running:
        thread.start()
    try:
        yield found
    finally:
        is_over.set()
        for thread in running:
            thread.join()


@pytest.mark.parametrize("hammers", [0, HAMMERS], ids=["quiet", "hammered"])
def test_a_session_that_ended_is_never_accepted_again(http_world: World, hammers: int) -> None:
    seed = random.SystemRandom().randrange(2**32)
    chance = random.Random(seed)  # noqa: S311 - it only chooses what is tried
    print(f"seed {seed}")  # noqa: T201 - pytest shows it with a failure
    endings = [ending for ending, count in ENDINGS.items() for _ in range(count)]
    chance.shuffle(endings)
    people = http_world.add_people(len(endings), like=http_world.sign_up())
    accepted: list[str] = []

    with hammering(http_world, hammers) as hammered:
        for trial, (end, person) in enumerate(zip(endings, people, strict=True)):
            headers = [credential(chance.choice(FORMS), person)]
            with Connection(http_world.service) as used:
                before = used.ask(headers)
                end(http_world, person)
                with Connection(http_world.service) as fresh:
                    after = chance.choice([used, fresh]).ask(headers)
            assert (before.status, before.json["user_id"]) == (200, person.user_id), f"trial {trial}"
            if after.refusal != (401, "unauthenticated"):
                accepted.append(f"trial {trial}: {after.status}")

    assert len(endings) == 100
    assert accepted == []
    assert hammered.unexpected == []
    assert hammered.asked >= len(endings) * min(hammers, 1)
