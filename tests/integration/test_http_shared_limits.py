"""The shared limits of a worker's clients, over raw sockets."""

import json
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from entrypoints.server.limits import Limits
from entrypoints.server.reading import GuardedProtocol
from entrypoints.settings import Settings
from tests.support.raw_http import ask
from tests.support.service import running_service
from tests.support.sockets import connected
from tests.support.transport import CLOSE, GET, POST, assert_problem


class BusyProtocol(GuardedProtocol):
    """Answers two requests at once."""

    limits = Limits(requests_at_once=2)


class NarrowProtocol(GuardedProtocol):
    """Has room for 3,000 bytes of bodies, and looks at each thousand."""

    limits = Limits(large_body_bytes=1000, bodies_bytes=3000)


class ForgetfulProtocol(GuardedProtocol):
    """Keeps little of what is not read."""

    limits = Limits(unread_bytes=50_000)


class BriefProtocol(GuardedProtocol):
    """Keeps who is idle for no longer than a test can wait."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.timeout_keep_alive = 1


@pytest.fixture
def chat(new_token: Callable[[], str]) -> Callable[[int], tuple[bytes, bytes]]:
    """Makes the head and the body, of so many bytes, of a user's turn."""
    authorization = b"Authorization: Bearer " + new_token().encode() + b"\r\n"

    def make(size: int) -> tuple[bytes, bytes]:
        body = json.dumps({"message": "x" * (size - len('{"message": ""}'))}).encode()
        return POST + authorization + b"Content-Length: %d\r\nExpect: 100-continue\r\n\r\n" % len(body), body

    return make


@contextmanager
def asked_for_a_body(address: str, head: bytes) -> Iterator[socket.socket]:
    """A connection whose request is being answered: its body is waited for."""
    with connected(address) as connection:
        connection.sendall(head)
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        yield connection


def status_of(connection: socket.socket) -> int:
    return int(connection.recv(65536).split()[1])


def test_requests_beyond_those_that_are_answered_at_once_are_refused(
    settings: Settings, chat: Callable[[int], tuple[bytes, bytes]]
) -> None:
    head, body = chat(100)

    with running_service(settings, BusyProtocol) as address:
        with asked_for_a_body(address, head) as first, asked_for_a_body(address, head) as second:
            refused = ask(address, GET + b"\r\n")
            for connection in (first, second):
                connection.sendall(body)
            statuses = [status_of(first), status_of(second)]
        afterwards = ask(address, GET + CLOSE)

    assert_problem(refused, 503, "overloaded")
    assert refused.headers["retry-after"] == "1"
    assert (statuses, afterwards.status) == ([200, 200], 200)


def test_a_large_body_is_refused_while_others_take_all_room(
    settings: Settings, chat: Callable[[int], tuple[bytes, bytes]]
) -> None:
    head, body = chat(3001)
    small_head, small_body = chat(999)
    large_head, large_body = chat(1000)

    with running_service(settings, NarrowProtocol) as address, asked_for_a_body(address, head) as first:
        first.sendall(body[:3000])
        refused = ask(address, large_head.replace(b"Expect: 100-continue\r\n", b"") + large_body)
        with asked_for_a_body(address, small_head) as small:
            small.sendall(small_body)
            served = status_of(small)
        first.sendall(body[3000:])
        finished = status_of(first)
        with asked_for_a_body(address, large_head) as large:  # what is answered takes no room, though first stays
            large.sendall(large_body)
            afterwards = status_of(large)

    assert_problem(refused, 503, "overloaded")
    assert (served, finished, afterwards) == (200, 200, 200)


def test_who_has_not_been_reading_for_longest_is_cut_off_when_another_stops(
    settings: Settings, new_token: Callable[[], str]
) -> None:
    authorization = f"Bearer {new_token()}"
    with running_service(settings, ForgetfulProtocol) as address:
        with httpx.Client(base_url=address, headers={"Authorization": authorization}) as client:
            path = client.post("/api/conversations", json={}).headers["Location"]
            client.post(f"{path}/messages", json={"messages": [{"role": "user", "content": "x" * 4000}] * 100})
        page = f"GET {path}/messages?limit=100 HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n"
        with connected(address, receive_buffer=4096) as first, connected(address, receive_buffer=4096) as second:
            hung_up = select.poll()
            hung_up.register(first, 0)  # errors and the other side's end are told without asking
            first.sendall(f"{page}\r\n".encode())
            is_kept_alone = not hung_up.poll(300)
            second.sendall(f"{page}Connection: close\r\n\r\n".encode())
            is_cut_off = bool(hung_up.poll(10_000))
            answer = b"".join(iter(lambda: second.recv(65536), b""))

    assert is_kept_alone
    assert is_cut_off
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"x" * 4000) == 100


def test_a_slow_reader_gets_every_answer_that_it_asked_for_ahead(service: str, new_token: Callable[[], str]) -> None:
    authorization = f"Bearer {new_token()}"
    with httpx.Client(base_url=service, headers={"Authorization": authorization}) as client:
        path = client.post("/api/conversations", json={}).headers["Location"]
        client.post(f"{path}/messages", json={"messages": [{"role": "user", "content": "x" * 4000}] * 100})
    page = f"GET {path}/messages?limit=100 HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n"

    with connected(service, receive_buffer=4096) as connection:
        connection.sendall(f"{page}\r\n{page}\r\n{page}Connection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))

    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert answer.count(b"x" * 4000) == 300


def test_who_asks_again_is_no_longer_idle(settings: Settings, chat: Callable[[int], tuple[bytes, bytes]]) -> None:
    head, body = chat(100)

    with running_service(settings, BriefProtocol) as address, connected(address) as connection:
        connection.sendall(GET + b"\r\n")
        assert status_of(connection) == 200
        connection.sendall(head)
        assert connection.recv(4096) == b"HTTP/1.1 100 Continue\r\n\r\n"
        is_kept = not select.select([connection], [], [], 1.5)[0]
        connection.sendall(body)
        status = status_of(connection)

    assert (is_kept, status) == (True, 200)
