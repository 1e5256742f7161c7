"""The limits of one client, over raw sockets: sizes, deadlines, requests ahead of their responses."""

import asyncio
import logging
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar, override

import httpx
import pytest

from entrypoints.http.tally import Tally
from entrypoints.server.limits import Limits
from entrypoints.server.processes import configure
from entrypoints.server.reading import GuardedProtocol
from entrypoints.settings import Settings
from tests.support.raw_answers import Answer
from tests.support.raw_http import ask
from tests.support.service import running_service
from tests.support.sockets import connected, read_all
from tests.support.transport import CLOSE, GET, POST, assert_problem
from tests.support.waiting import eventually


class QuickProtocol(GuardedProtocol):
    """With deadlines that a test can wait for."""

    limits = Limits(head_seconds=0.4, body_seconds=0.4, write_seconds=0.4)


class SteadyProtocol(GuardedProtocol):
    """With deadlines that a busy test meets, and can wait for."""

    limits = Limits(head_seconds=1, body_seconds=1, write_seconds=1)


class CrowdedProtocol(GuardedProtocol):
    """With room for three connections."""

    limits = Limits(connections=3)


class TimedProtocol(GuardedProtocol):
    """Counts the deadlines that it sets."""

    deadlines: ClassVar[int] = 0

    @override
    def _set_read_timer(self, seconds: float | None) -> None:
        TimedProtocol.deadlines += seconds is not None
        super()._set_read_timer(seconds)


class TallyingProtocol(GuardedProtocol):
    """Counts what it refuses by itself."""

    refusals = Tally(logging.getLogger("tests.tally"), "Refused")


class CountedProtocol(QuickProtocol):
    """Knows how many connections it serves, and keeps them for a second."""

    open: ClassVar[set[GuardedProtocol]] = set()

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.timeout_keep_alive = 1

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        self.open.add(self)
        super().connection_made(transport)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.open.discard(self)
        super().connection_lost(exc)


@pytest.fixture(scope="module")
def quick(settings: Settings) -> Iterator[str]:
    """The service with deadlines that a test can wait for."""
    with running_service(settings, QuickProtocol) as address:
        yield address


def padding(size: int) -> bytes:
    """Header fields of exactly so many bytes, of at most 8,000 each."""
    fields = b""
    while size - len(fields) > 16_000:
        fields += b"x: " + b"y" * 7_995 + b"\r\n"
    return fields + b"x: " + b"y" * (size - len(fields) - 5) + b"\r\n"


def test_headers_of_16_kib_fit_and_more_do_not(service: str) -> None:
    fixed = len(GET + CLOSE) - len(b"GET /health/live HTTP/1.1\r\n") - 2

    fits = ask(service, GET + padding(16 * 1024 - fixed) + CLOSE)
    larger = ask(service, GET + padding(16 * 1024 - fixed + 1) + CLOSE)

    assert fits.status == 200
    assert_problem(larger, 431, "headers_too_large")


def test_64_fields_fit_and_more_do_not(service: str) -> None:
    assert ask(service, GET + b"a: b\r\n" * 62 + CLOSE).status == 200
    assert_problem(ask(service, GET + b"a: b\r\n" * 63 + CLOSE), 431, "headers_too_large")


def test_paths_and_queries_have_a_length(service: str) -> None:
    def get(target: bytes) -> Answer:
        return ask(service, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\n" + CLOSE)

    assert get(b"/" + b"a" * 1023).status == 404
    assert get(b"/health/live?" + b"a" * 4096).status == 200
    assert get(b"/health/live?" + b"a&" * 31).status == 200
    assert_problem(get(b"/" + b"a" * 1024), 414, "uri_too_long")
    assert_problem(get(b"/health/live?" + b"a" * 4097), 414, "uri_too_long")
    assert_problem(get(b"/health/live?" + b"a&" * 32), 414, "uri_too_long")


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nbad header\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /api/chat HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nx: a\0b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
)
def test_what_is_no_http_gets_a_problem_too(service: str, request_: bytes) -> None:
    assert_problem(ask(service, request_), 400, "bad_request")


def test_malformed_requests_and_upgrades_do_not_fill_the_log(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n"

    with running_service(settings, TallyingProtocol) as address:
        caplog.clear()
        for _ in range(5):
            assert ask(address, b"canary\r\n\r\n").status == 400
            with connected(address) as connection:
                connection.sendall(GET + upgrade)
                assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
        warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]

    assert warnings == [
        f"Refused {count} time(s) since the last quiet minute: malformed request" for count in (1, 2, 4)
    ]


def test_an_endless_header_is_cut_off_and_costs_no_memory(service: str) -> None:
    before = resident()

    with connected(service) as connection:
        sent = send_until_closed(connection, b"GET /health/live HTTP/1.1\r\nx: ", b"y" * 65536, 200)

    assert sent < 100 * 65536
    assert resident() - before < 32 * 1024 * 1024
    assert httpx.get(f"{service}/health/live").status_code == 200


def test_endless_headers_are_cut_off(service: str) -> None:
    with connected(service) as connection:
        sent = send_until_closed(connection, b"GET /health/live HTTP/1.1\r\n", b"a: b\r\n" * 10_000, 200)

    assert sent < 100 * 60_000


CHUNKS = b'Transfer-Encoding: chunked\r\n\r\nf\r\n{"message":"x"}\r\n0\r\n'


@pytest.mark.parametrize(
    ("missing", "trailer", "status"),
    [("authorization", "Authorization: Bearer {token}", 401), ("content-type", "Content-Type: application/json", 415)],
)
def test_a_trailer_is_no_header(
    service: str, new_token: Callable[[], str], missing: str, trailer: str, status: int
) -> None:
    token = new_token()
    fields = {"host": "x", "authorization": f"Bearer {token}", "content-type": "application/json"}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if name != missing)
    request = b"POST /api/chat HTTP/1.1\r\nConnection: close\r\n" + head.encode() + CHUNKS

    answer = ask(service, request + trailer.format(token=token).encode() + b"\r\n\r\n")

    assert answer.status == status


def test_a_trailer_is_no_precondition(service: str, new_token: Callable[[], str]) -> None:
    post = POST + b"Authorization: Bearer " + new_token().encode() + b"\r\nConnection: close\r\n"

    answer = ask(service, post + CHUNKS + b'If-Match: "7"\r\nIdempotency-Key: a b\r\n\r\n')

    assert (answer.status, answer.json["response"]) == (200, "Echo: x")


def test_64_trailers_of_16_kib_fit_and_more_do_not(service: str, new_token: Callable[[], str]) -> None:
    post = POST + b"Authorization: Bearer " + new_token().encode() + b"\r\nConnection: close\r\n" + CHUNKS

    assert ask(service, post + b"a: b\r\n" * 64 + b"\r\n").status == 200
    assert ask(service, post + padding(16 * 1024) + b"\r\n").status == 200
    assert_problem(ask(service, post + b"a: b\r\n" * 65 + b"\r\n"), 431, "headers_too_large")
    assert_problem(ask(service, post + padding(16 * 1024 + 1) + b"\r\n"), 431, "headers_too_large")
    assert_problem(ask(service, post + b"a: b\r\n" * 2000 + b"\r\n"), 431, "headers_too_large")


@pytest.mark.parametrize("beginning", [b"2\r\n{}\r\n0\r\nx: ", b"2;a="], ids=["trailer", "extension"])
def test_what_has_no_end_beside_a_body_is_cut_off_and_costs_no_memory(
    service: str, new_token: Callable[[], str], beginning: bytes
) -> None:
    post = POST + b"Authorization: Bearer " + new_token().encode() + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
    before = resident()

    with connected(service) as connection:
        sent = send_until_closed(connection, post + beginning, b"y" * 65536, 200)

    assert sent < 100 * 65536
    assert resident() - before < 32 * 1024 * 1024
    assert httpx.get(f"{service}/health/live").status_code == 200


def test_a_large_body_may_have_small_chunks_and_trailers(service: str, new_token: Callable[[], str]) -> None:
    body = b'{"message":"' + b"x" * 200_000 + b'"}'
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in batched(body, 100))
    post = POST + b"Authorization: Bearer " + new_token().encode() + b"\r\nConnection: close\r\n"

    answer = ask(service, post + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\na: b\r\n\r\n")

    assert answer.status == 200


def test_a_body_may_have_4096_tiny_chunks_and_no_more(service: str, new_token: Callable[[], str]) -> None:
    post = POST + b"Authorization: Bearer " + new_token().encode() + b"\r\nConnection: close\r\n"
    request = post + b'Transfer-Encoding: chunked\r\n\r\nf\r\n{"message":"x"}\r\n'

    fits = ask(service, request + b"1\r\n \r\n" * 4095 + b"0\r\n\r\n")
    more = ask(service, request + b"1\r\n \r\n" * 4096 + b"0\r\n\r\n")

    assert fits.status == 200
    assert_problem(more, 413, "body_too_large")


def batched(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def send_until_closed(connection: socket.socket, start: bytes, piece: bytes, most: int) -> int:
    """How many bytes could be sent before the other side had enough."""
    connection.sendall(start)
    sent = len(start)
    try:
        for _ in range(most):
            connection.sendall(piece)
            sent += len(piece)
    except OSError:
        pass
    return sent


def resident() -> int:
    """Bytes of memory that this process, and the service in it, holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if Path("/proc/self/statm").exists() else 0
    return pages * 4096


@pytest.mark.parametrize(
    ("beginning", "status"),
    [
        (b"", None),
        (b"GET /health", 408),
        (GET, 408),
        (
            b"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n{auth}\r\n{",
            408,
        ),
    ],
)
def test_who_is_too_slow_is_told_and_closed(
    quick: str, new_token: Callable[[], str], beginning: bytes, status: int | None
) -> None:
    credential = b"Authorization: Bearer " + new_token().encode() + b"\r\n"
    with connected(quick) as connection:
        connection.sendall(beginning.replace(b"{auth}", credential))
        answer = read_all(connection)

    if status is None:
        assert answer == b""
    else:
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    ("beginning", "drops"),
    [(GET, b"a: b\r\n"), (POST + b"Authorization: Bearer {token}\r\nContent-Length: 1000\r\n\r\n", b" ")],
    ids=["head", "body"],
)
def test_drops_that_keep_coming_do_not_stretch_the_deadline(
    quick: str, new_token: Callable[[], str], beginning: bytes, drops: bytes
) -> None:
    with connected(quick) as connection:
        connection.sendall(beginning.replace(b"{token}", new_token().encode()))
        sent = 0
        try:
            while sent < 200:
                connection.sendall(drops[sent % len(drops) : sent % len(drops) + 1])
                sent += 1
                time.sleep(0.02)
        except OSError:
            pass

    assert sent < 100


def test_what_is_begun_behind_a_request_has_a_deadline_too(quick: str) -> None:
    with connected(quick) as connection:
        connection.sendall(GET + b"\r\n" + GET)
        answer = read_all(connection)

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answer


def test_a_request_that_comes_whole_is_not_timed(settings: Settings) -> None:
    with running_service(settings, TimedProtocol) as address, connected(address) as connection:
        connection.sendall(GET + b"\r\n")
        connection.recv(4096)
        before = TimedProtocol.deadlines
        for _ in range(3):
            connection.sendall(GET + b"Content-Length: 2\r\n\r\n{}")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
        whole = TimedProtocol.deadlines
        connection.sendall(GET)
        assert eventually(lambda: TimedProtocol.deadlines == whole + 1, 5)

    assert whole == before


def test_a_body_that_nobody_waits_for_is_cut_off(quick: str) -> None:
    with connected(quick) as connection:
        connection.sendall(b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
        answer = read_all(connection)

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.count(b"HTTP/1.1") == 1


def test_a_connection_serves_many_requests_and_pipelined_ones(service: str) -> None:
    with connected(service) as connection:
        connection.sendall((GET + b"\r\n") * 20 + GET + CLOSE)
        answer = read_all(connection)

    assert answer.count(b"HTTP/1.1 200 OK") == 21


def test_who_was_answered_may_be_idle_for_longer_than_a_request_may_take(settings: Settings) -> None:
    requests = ([GET + b"\r\n"], [GET, b"\r\n"], [GET + b"Content-Length: 2\r\n\r\n", b"{}"])
    with running_service(settings, SteadyProtocol) as address, ExitStack() as stack:
        connections = [stack.enter_context(connected(address)) for _ in requests]
        for connection, pieces in zip(connections, requests, strict=True):
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.05)  # each is read before the next one comes
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")

        hung_up = select.select(connections, [], [], 1.5)[0]

        assert hung_up == []


def test_idle_connections_outlive_those_of_load_balancers() -> None:
    assert configure(None).timeout_keep_alive > 60


def test_requests_sent_far_ahead_of_their_answers_are_refused_after_those_before_them(
    service: str, new_token: Callable[[], str]
) -> None:
    me = b"GET /api/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + new_token().encode() + b"\r\n\r\n"

    with connected(service) as connection:
        connection.sendall(me * 5000)
        answer = read_all(connection)

    assert answer.count(b"HTTP/1.1 200 OK") == 1 + Limits().pipelined
    assert answer.count(b"HTTP/1.1") == answer.count(b"HTTP/1.1 200 OK") + 1
    assert b"HTTP/1.1 429 Too Many Requests" in answer


def test_who_waits_longest_makes_room_for_one_who_asks(settings: Settings) -> None:
    with running_service(settings, CrowdedProtocol) as crowded, ExitStack() as stack:
        first, *others = [stack.enter_context(connected(crowded)) for _ in range(3)]
        for connection in others:
            connection.sendall(GET + b"\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")

        newcomer = ask(crowded, GET + CLOSE)

        assert newcomer.status == 200
        assert read_all(first) == b""
        for connection in others:
            connection.sendall(GET + b"\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_who_just_came_has_not_waited_longest(settings: Settings) -> None:
    with running_service(settings, CrowdedProtocol) as crowded, ExitStack() as stack:
        first = stack.enter_context(connected(crowded))
        first.sendall(GET + b"\r\n")
        assert first.recv(4096).startswith(b"HTTP/1.1 200 ")
        others = [stack.enter_context(connected(crowded)) for _ in range(2)]

        newcomer = ask(crowded, GET + CLOSE)

        assert newcomer.status == 200
        assert read_all(first) == b""
        for connection in others:
            connection.sendall(GET + b"\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")


def test_where_nobody_is_idle_there_is_no_room(settings: Settings, new_token: Callable[[], str]) -> None:
    begun = POST + b"Authorization: Bearer " + new_token().encode() + b"\r\nContent-Length: 15\r\n\r\n"
    with running_service(settings, CrowdedProtocol) as crowded, ExitStack() as stack:
        connections = [stack.enter_context(connected(crowded)) for _ in range(3)]
        for connection in connections:
            connection.sendall(begun + b"{")
            time.sleep(0.05)  # each is read before the next one comes

        with connected(crowded) as newcomer:
            refused = read_all(newcomer)
        for connection in connections:
            connection.sendall(b'"message":"x"}')
        answers = [connection.recv(4096) for connection in connections]

        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 1" in refused
        assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)
        assert ask(crowded, GET + CLOSE).status == 200


def test_who_does_not_take_the_end_of_an_answer_is_cut_off(settings: Settings, client: httpx.Client) -> None:
    authorization = client.headers["Authorization"]
    path = client.post("/api/conversations", json={}).headers["Location"]
    client.post(f"{path}/messages", json={"messages": [{"role": "user", "content": "x" * 10_000}] * 40})
    with running_service(settings, CountedProtocol) as address, ExitStack() as stack:
        for limit in range(1, 41):  # of some of these sizes just a little is left when the kernel's buffers are full
            for end in ("", "Connection: close\r\n"):
                connection = stack.enter_context(connected(address, receive_buffer=4096))
                line = f"GET {path}/messages?limit={limit} HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n"
                connection.sendall(f"{line}{end}\r\n".encode())

        assert eventually(lambda: not CountedProtocol.open, 20)  # kept alive for 1 s, and awaited for 0.4 s


def test_who_stops_reading_is_cut_off(quick: str, client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    authorization = client.headers["Authorization"]
    path = client.post("/api/conversations", json={}).headers["Location"]
    big = {"messages": [{"role": "user", "content": "x" * 1000}] * 100}
    for _ in range(2):
        client.post(f"{path}/messages", json=big).raise_for_status()

    with connected(quick, receive_buffer=4096) as connection:
        one = f"GET {path}/messages?limit=200 HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\n\r\n"
        connection.sendall(one.encode() * 30)
        hung_up = select.poll()
        hung_up.register(connection, 0)  # errors and the other side's end are told without asking
        cut = bool(hung_up.poll(15_000))

    assert cut
    assert httpx.get(f"{quick}/health/live").status_code == 200
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
