"""Streams over HTTP: who leaves, comes back, asks again or reads nothing loses no reply, and holds up nobody."""

import logging
import re
import secrets
import select
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest

from entrypoints.http import event_stream
from entrypoints.server.limits import Limits
from entrypoints.server.reading import GuardedProtocol
from entrypoints.settings import Settings
from tests.support.service import running_service
from tests.support.sockets import connected
from tests.support.ui_message_protocol import check
from tests.support.waiting import eventually
from tests.support.word_responder import WordResponder


class QuickProtocol(GuardedProtocol):
    """Cuts off soon who reads nothing."""

    limits = Limits(write_seconds=0.4)


class Reader:
    """Reads a stream frame by frame."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.got = b""
        self._pieces = response.iter_raw()

    def until(self, text: bytes) -> bytes:
        """Read until this has come; all that has."""
        while text not in self.got:
            self.got += next(self._pieces)
        return self.got

    def to_the_end(self) -> bytes:
        """Read all."""
        self.got += b"".join(self._pieces)
        return self.got

    @property
    def last_id(self) -> str:
        """That of the last frame."""
        ids: list[bytes] = re.findall(rb"^id: ([0-9-]+)$", self.got, re.MULTILINE)
        return ids[-1].decode()


@contextmanager
def reading(client: httpx.Client, method: str, path: str, **more: Any) -> Iterator[Reader]:
    with client.stream(method, path, **more) as response:
        assert response.status_code == 200, response.read()
        yield Reader(response)


def said(text: str, chat_id: str) -> dict[str, Any]:
    message = {"id": "m", "role": "user", "parts": [{"type": "text", "text": text}]}
    return {"id": chat_id, "messages": [message], "trigger": "submit-message"}


def last_message(client: httpx.Client, chat_id: str) -> tuple[str, str]:
    message: dict[str, str] = client.get(f"/api/conversations/{chat_id}/messages").json()["data"][-1]
    return message["content"], message["status"]


@pytest.fixture
def chat_id() -> str:
    return f"conv_{secrets.token_hex(16)}"


@pytest.fixture
def elsewhere(client: httpx.Client, other_service: str) -> Iterator[httpx.Client]:
    """The client at another host."""
    with httpx.Client(base_url=other_service, headers=client.headers, timeout=30) as elsewhere:
        yield elsewhere


def test_a_reader_that_leaves_does_not_end_the_reply(client: httpx.Client, words: WordResponder, chat_id: str) -> None:
    text = f"one pause {chat_id}"
    with reading(client, "POST", "/api/chat", json=said(text, chat_id)) as reader:
        reader.until(b"one ")
    words.release(text)

    assert eventually(lambda: last_message(client, chat_id) == (f"one {chat_id} ", "completed"))


@pytest.mark.parametrize("has_left", [False, True])
def test_a_reader_that_comes_back_anywhere_gets_the_rest(
    client: httpx.Client, elsewhere: httpx.Client, words: WordResponder, chat_id: str, *, has_left: bool
) -> None:
    text, key = f"one pause two {chat_id}", {"Idempotency-Key": secrets.token_hex(8)}
    with ExitStack() as staying:
        with ExitStack() as leaving:
            first = reading(client, "POST", "/api/chat", json=said(text, chat_id), headers=key)
            reader = (leaving if has_left else staying).enter_context(first)
            beginning = reader.until(b'"one "}\n\n')
        last_id = {"Last-Event-ID": reader.last_id}
        with reading(elsewhere, "GET", f"/api/chat/{chat_id}/stream", headers=last_id) as second:
            words.release(text)
            rest = second.to_the_end()
    again = client.post("/api/chat", json=said(text, chat_id), headers=key)

    assert beginning + rest == again.content
    assert check(again.content, 2).text == f"one two {chat_id} "
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_stream_begins_before_anything_is_said(client: httpx.Client, words: WordResponder, chat_id: str) -> None:
    text = f"pause {chat_id}"
    with reading(client, "POST", "/api/chat", json=said(text, chat_id)) as reader:
        begun = reader.until(b'"start-step"}\n\n')
        words.release(text)

    assert b"text-start" not in begun


def test_idle_streams_hold_no_connection_to_the_database(
    client: httpx.Client, elsewhere: httpx.Client, settings: Settings, words: WordResponder, chat_id: str
) -> None:
    text, count = f"one pause {chat_id}", 3 * settings.database_pool_size
    with ExitStack() as stack:
        reader = stack.enter_context(reading(client, "POST", "/api/chat", json=said(text, chat_id)))
        reader.until(b"one ")
        path = f"/api/chat/{chat_id}/stream"
        followers = [stack.enter_context(reading(elsewhere, "GET", path)) for _ in range(count)]
        for follower in followers:
            follower.until(b"one ")
        listed = elsewhere.get("/api/conversations")
        words.release(text)
        ends = {follower.to_the_end() for follower in [reader, *followers]}

    assert listed.status_code == 200
    assert len(ends) == 1


def test_a_hundred_readers_that_come_and_go_leave_one_whole_reply(
    client: httpx.Client, elsewhere: httpx.Client, words: WordResponder, chat_id: str
) -> None:
    text = f"one pause {chat_id}"
    with reading(client, "POST", "/api/chat", json=said(text, chat_id)) as reader:
        reader.until(b"one ")
        for number in range(100):
            with reading((client, elsewhere)[number % 2], "GET", f"/api/chat/{chat_id}/stream") as visitor:
                visitor.until(b'"start"')
        words.release(text)
        whole = reader.to_the_end()

    assert check(whole, 2).text == f"one {chat_id} "
    assert last_message(client, chat_id) == (f"one {chat_id} ", "completed")


def test_a_reply_that_is_stopped_at_another_host_ends_its_streams(
    client: httpx.Client, elsewhere: httpx.Client, chat_id: str
) -> None:
    with reading(client, "POST", "/api/chat", json=said(f"one pause {chat_id}", chat_id)) as reader:
        reader.until(b"one ")
        stopped = elsewhere.post(f"/api/conversations/{chat_id}/stop")
        whole = reader.to_the_end()

    assert (stopped.status_code, stopped.json()["content"], stopped.json()["status"]) == (200, "one ", "incomplete")
    assert (check(whole, 2).finish or {})["messageMetadata"] == {"finish_reason": "stopped"}
    assert client.post(f"/api/conversations/{chat_id}/stop").status_code == 204
    assert client.post("/api/chat", json=said("two", chat_id)).status_code == 200


def test_another_turn_meanwhile_is_refused_in_each_form(
    client: httpx.Client, words: WordResponder, chat_id: str
) -> None:
    text = f"one pause {chat_id}"
    with reading(client, "POST", "/api/chat", json=said(text, chat_id)) as reader:
        reader.until(b"one ")
        bodies = [
            said("two", chat_id),
            {"message": "two", "conversation_id": chat_id, "stream": True},
            {"message": "two", "conversation_id": chat_id},
        ]
        answers = [client.post("/api/chat", json=body) for body in bodies]
        words.release(text)
        reader.to_the_end()

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "reply_running")] * 3


def test_who_reads_nothing_is_cut_off_and_the_reply_is_whole(
    settings: Settings, client: httpx.Client, chat_id: str
) -> None:
    request = httpx.Request(
        "POST", f"{client.base_url}/api/chat", json=said("x" * 900_000, chat_id), headers=client.headers
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())

    with running_service(settings, QuickProtocol) as quick, connected(quick, receive_buffer=4096) as connection:
        connection.sendall(f"POST /api/chat HTTP/1.1\r\n{head}\r\n".encode() + request.read())
        hung_up = select.poll()
        hung_up.register(connection, 0)  # errors and the other side's end are told without asking
        cut = bool(hung_up.poll(15_000))

        assert cut
        assert eventually(lambda: last_message(client, chat_id)[1] == "completed")
        assert httpx.get(f"{quick}/health/live").status_code == 200


def test_an_agents_stream_is_logged_once_however_often_it_is_checked(
    agent: httpx.Client,
    words: WordResponder,
    chat_id: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(event_stream, "CHECK_SECONDS", 0.01)
    monkeypatch.setattr(event_stream, "KEEP_ALIVE_SECONDS", 0.1)
    text = f"one pause {chat_id}"

    with caplog.at_level(logging.INFO), reading(agent, "POST", "/api/chat", json=said(text, chat_id)) as reader:
        reader.until(b": keep-alive\n\n: keep-alive\n\n")
        words.release(text)
        reader.until(b"[DONE]")

    lines = [message for message in caplog.messages if message.startswith("Agent key")]
    assert len(lines) == 1
