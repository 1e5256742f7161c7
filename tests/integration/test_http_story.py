"""The whole story over HTTP: two people, who never see each other's conversations."""

from collections.abc import Callable
from typing import Any

import httpx

type NewClient = Callable[[], httpx.Client]


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def create(client: httpx.Client, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/conversations", json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def test_a_conversation_lives_from_creation_to_deletion(client: httpx.Client) -> None:
    created = client.post("/api/conversations", json={"metadata": {"topic": "travel"}})
    path = created.headers["Location"]
    assert path == f"/api/conversations/{created.json()['id']}"
    assert created.json()["title"] is None

    appended = client.post(f"{path}/messages", json={"messages": [user("Plan a trip"), user("to Rome")]})
    assert appended.status_code == 201
    assert [one["seq"] for one in appended.json()["data"]] == [1, 2]

    read = client.get(path).json()
    assert (read["title"], read["last_seq"], read["metadata"]) == ("Plan a trip", 2, {"topic": "travel"})
    assert (read["messages"], read["has_more"]) == (appended.json()["data"], False)
    message = read["messages"][0]
    assert message == {
        "id": f"msg_{created.json()['id'][5:]}00000001",
        "conversation_id": created.json()["id"],
        "seq": 1,
        "role": "user",
        "content": "Plan a trip",
        "status": "completed",
        "metadata": {},
        "created_at": message["created_at"],
    }
    assert message["created_at"].endswith("Z")
    assert client.get(f"{path}/messages/{message['id']}").json() == message

    renamed = client.patch(path, json={"title": "Rome", "metadata": {"topic": None, "year": 2027}})
    assert (renamed.status_code, renamed.json()["title"], renamed.json()["metadata"]) == (200, "Rome", {"year": 2027})
    client.post(f"{path}/messages", json={"messages": [user("another title?")]})
    assert client.get(path).json()["title"] == "Rome"

    archived = client.patch(path, json={"archived": True}).json()
    assert archived["archived"] is True
    assert client.get("/api/conversations").json()["data"] == []
    assert client.get("/api/conversations", params={"archived": "true"}).json()["data"] == [archived]

    deleted = client.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert client.get(path).status_code == 404
    assert client.delete(path).status_code == 404


def test_chat_answers_and_keeps_both_messages(client: httpx.Client) -> None:
    first = client.post("/api/chat", json={"message": "Hello", "metadata": {"page": 1}}).json()
    second = client.post("/api/chat", json={"message": "again", "conversation_id": first["conversation_id"]}).json()

    assert first["response"] == "Echo: Hello"
    assert first["user_message"]["metadata"] == {"page": 1}
    assert (second["user_message"]["seq"], second["assistant_message"]["seq"]) == (3, 4)
    history = client.get(f"/api/conversations/{first['conversation_id']}").json()
    assert history["title"] == "Hello"
    assert [(one["role"], one["content"]) for one in history["messages"]] == [
        ("user", "Hello"),
        ("assistant", "Echo: Hello"),
        ("user", "again"),
        ("assistant", "Echo: again"),
    ]


def test_a_thousand_messages_page_back_and_forth(client: httpx.Client) -> None:
    path = f"/api/conversations/{create(client)['id']}/messages"
    for hundred in range(10):
        batch = [user(f"message {hundred * 100 + n + 1}") for n in range(100)]
        assert client.post(path, json={"messages": batch}).status_code == 201

    backwards: list[int] = []
    page = client.get(path, params={"limit": 77}).json()
    assert page["has_more_after"] is False
    while True:
        backwards = [one["seq"] for one in page["data"]] + backwards
        if not page["has_more_before"]:
            break
        page = client.get(path, params={"limit": 77, "before": backwards[0]}).json()
    forwards: list[int] = []
    page = client.get(path, params={"limit": 200, "after": 0}).json()
    assert page["has_more_before"] is False
    while True:
        forwards += [one["seq"] for one in page["data"]]
        if not page["has_more_after"]:
            break
        page = client.get(path, params={"limit": 200, "after": forwards[-1]}).json()
    around = client.get(path, params={"limit": 5, "around": 500}).json()

    assert backwards == forwards == list(range(1, 1001))
    assert [one["seq"] for one in around["data"]] == [498, 499, 500, 501, 502]
    assert around["has_more_before"] is around["has_more_after"] is True


def test_the_list_pages_by_latest_activity(client: httpx.Client) -> None:
    made = [create(client, title=f"conversation {n}")["id"] for n in range(5)]
    client.post(f"/api/conversations/{made[0]}/messages", json={"messages": [user("active")]})

    first = client.get("/api/conversations", params={"limit": 3}).json()
    second = client.get("/api/conversations", params={"limit": 3, "cursor": first["next_cursor"]}).json()

    listed = [one["id"] for one in first["data"] + second["data"]]
    assert listed == [made[0], made[4], made[3], made[2], made[1]]
    assert second["next_cursor"] is None


def test_a_stranger_meets_the_same_bytes_for_what_is_not_theirs_and_what_is_not_there(new_client: NewClient) -> None:
    ann, bob = new_client(), new_client()
    secret = create(ann, title="secret", messages=[user("secret")])["id"]
    foreign_message = ann.get(f"/api/conversations/{secret}").json()["messages"][0]["id"]
    own = create(bob, title="bob's")["id"]
    missing = f"conv_{'0' * 32}"
    headers = {"X-Request-Id": "same"}

    def every_verb(conversation: str, message: str) -> list[httpx.Response]:
        path = f"/api/conversations/{conversation}"
        chat = {"message": "x", "conversation_id": conversation}
        return [
            bob.get(path, headers=headers),
            bob.patch(path, json={"title": "stolen"}, headers=headers),
            bob.patch(path, json={"metadata": {"stolen": True}}, headers=headers),
            bob.delete(path, headers=headers),
            bob.get(f"{path}/messages", headers=headers),
            bob.get(f"{path}/messages", params={"around": 1}, headers=headers),
            bob.post(f"{path}/messages", json={"messages": [user("x")]}, headers=headers),
            bob.post(f"{path}/messages", json={"messages": [user("x")]}, headers={**headers, "Idempotency-Key": "k"}),
            bob.get(f"{path}/messages/{message}", headers=headers),
            bob.post("/api/chat", json=chat, headers=headers),
            bob.head(path, headers=headers),
            bob.put(path, json={}, headers=headers),
        ]

    def bytes_of(answer: httpx.Response) -> tuple[int, bytes, list[tuple[str, str]]]:
        return answer.status_code, answer.content, [(k, v) for k, v in answer.headers.items() if k != "date"]

    foreign = every_verb(secret, foreign_message)
    absent = every_verb(missing, f"msg_{'0' * 32}00000001")
    malformed = every_verb("conv_1", "msg_1")
    misplaced = bob.get(f"/api/conversations/{own}/messages/{foreign_message}", headers=headers)

    assert [bytes_of(one) for one in foreign] == [bytes_of(one) for one in absent]
    assert [bytes_of(one) for one in malformed] == [bytes_of(one) for one in absent]
    assert {one.status_code for one in foreign} == {404, 405}
    assert bytes_of(misplaced) == bytes_of(absent[8])
    assert [one["id"] for one in bob.get("/api/conversations").json()["data"]] == [own]
    kept = ann.get(f"/api/conversations/{secret}").json()
    assert (kept["title"], kept["last_seq"], kept["metadata"]) == ("secret", 1, {})
