"""The lists of conversations of two users, and their cursors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import httpx

LIST: Final = "/api/conversations"


@dataclass(frozen=True, slots=True)
class Lists:
    """A user with four conversations, the first two archived, and cursors that are not those of their list."""

    client: httpx.Client
    owner_id: str
    own: list[str]
    cursor: str
    others: list[str]
    anothers: str


def conversations(client: httpx.Client, **query: Any) -> Any:
    answer = client.get(LIST, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def make_lists(new_client: Callable[[], httpx.Client]) -> Lists:
    """Conversations for a user, and as many for another."""

    def fill(client: httpx.Client) -> list[str]:
        ids: list[str] = [client.post(LIST, json={"title": "t"}).json()["id"] for _ in range(4)]
        for one in ids[:2]:
            client.patch(f"{LIST}/{one}", json={"archived": True}).raise_for_status()
        return ids

    client, other = new_client(), new_client()
    own, anothers = fill(client), fill(other)
    cursor, *others = (
        conversations(one, limit=1, archived=archived)["next_cursor"]
        for one in (client, other)
        for archived in ("false", "true")
    )
    return Lists(client, client.get("/api/me").json()["user_id"], own, cursor, others, anothers[3])
