"""A conversation whose messages must read back equal to what was sent."""

from typing import Any

import httpx


class Chat:
    """A conversation in which everything that was taken is counted."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.path = client.post("/api/conversations", json={}).headers["Location"]
        self.last_seq = 0

    def holds(self, message: dict[str, Any]) -> bool:
        """Whether it was taken; then it reads back equal in every way that it can be read."""
        answer = self.client.post(f"{self.path}/messages", json={"messages": [message]})
        if answer.status_code != 201:
            assert answer.status_code in {400, 422}, answer.text
            assert self.client.get(self.path).json()["last_seq"] == self.last_seq
            return False
        self.last_seq += 1
        (written,) = answer.json()["data"]
        page = self.client.get(f"{self.path}/messages", params={"limit": 1}).json()["data"]
        single = self.client.get(f"{self.path}/messages/{written['id']}").json()
        newest = self.client.get(self.path).json()["messages"][-1]
        assert written["seq"] == self.last_seq
        assert [written] == page
        assert written == single == newest
        for name, value in message.items():
            assert exact(written[name]) == exact(value)
            assert exact(single[name]) == exact(value)
        return True


def exact(value: Any) -> Any:
    """Told apart by type too, as 1, 1.0 and True are equal to Python; zero has a sign; the order of keys is free."""
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [exact(item) for item in value]
    return type(value).__name__, repr(value)
