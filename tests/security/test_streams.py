"""Streams: they end with the session that opened them, and nobody else follows or stops a reply."""

from collections.abc import Callable

import httpx
import pytest

from entrypoints.http import event_stream
from tests.security.calls import missing_id, seen
from tests.support.postgres import execute
from tests.support.waiting import eventually
from tests.support.word_responder import WordResponder


def end_of(response: httpx.Response) -> str:
    """How a stream ends whose reply waits; one that goes on is silent for ten seconds."""
    try:
        return "whole" if response.read() else "empty"
    except httpx.RemoteProtocolError:
        return "broken off"
    except httpx.ReadTimeout:
        return "goes on"


@pytest.mark.parametrize(
    "ending",
    [
        """UPDATE "session" SET "expiresAt" = 'epoch' WHERE "userId" = '{user}'""",
        """DELETE FROM "session" WHERE "userId" = '{user}'""",
    ],
)
def test_a_stream_is_broken_off_when_its_session_ends_and_the_reply_goes_on(
    client: httpx.Client, words: WordResponder, database_url: str, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(event_stream, "CHECK_SECONDS", 0.05)
    user, text = client.get("/api/me").json()["user_id"], f"zqcanaryqz pause {missing_id()}"
    body = {"message": text, "stream": True}

    with client.stream("POST", "/api/chat", json=body, timeout=httpx.Timeout(30, read=8)) as response:
        execute(database_url, ending.format(user=user))
        end = end_of(response)
    words.release(text)

    assert end == "broken off"
    kept = f"SELECT status FROM messages WHERE owner_id = '{user}' AND role = 'assistant'"  # noqa: S608 - the test's own user
    assert eventually(lambda: [row[0] for row in execute(database_url, kept)] == ["completed"])


def test_nobody_else_follows_or_stops_a_reply(new_client: Callable[[], httpx.Client], words: WordResponder) -> None:
    ann, bob = new_client(), new_client()
    place = missing_id()
    text = f"zqcanaryqz pause {place}"
    message = {"id": "m", "role": "user", "parts": [{"type": "text", "text": text}]}
    calls = [
        ("GET", "/api/chat/{}/stream", {}),
        ("GET", "/api/chat/{}/stream", {"Last-Event-ID": "2-0"}),
        ("HEAD", "/api/chat/{}/stream", {}),
        ("POST", "/api/conversations/{}/stop", {}),
    ]

    with ann.stream(
        "POST", "/api/chat", json={"id": place, "messages": [message], "trigger": "submit-message"}
    ) as reply:
        pairs = [
            [bob.request(method, path.format(one), headers=headers) for one in (place, missing_id())]
            for method, path, headers in calls
        ]
        words.release(text)
        whole = reply.read()

    for foreign, missing in pairs:
        assert foreign.status_code == 404
        assert seen(foreign) == seen(missing)
    assert b'"finish"' in whole
