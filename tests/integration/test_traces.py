"""Traces of a service that runs: what its spans tell, what they never tell, and whose trace they belong to."""

import json
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from entrypoints.settings import Settings
from tests.support.commands import WITH_AUTHENTICATION, run
from tests.support.openai_frames import Answer
from tests.support.openai_stub import KEY, openai_stub
from tests.support.otlp_receiver import OtlpReceiver, attributes, otlp_receiver
from tests.support.raw_http import ask, exchange
from tests.support.traced_service import AT_THE_END, QUICK, TracedService, traced_service
from tests.support.waiting import eventually

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"

pytestmark = pytest.mark.timeout(180)


@dataclass(frozen=True)
class Traced:
    """A service that runs, and who receives its spans."""

    service: TracedService
    receiver: OtlpReceiver
    client: httpx.Client

    def trace(self, number: int) -> dict[str, str]:
        """The header of a client that begins a trace of its own."""
        return {"traceparent": f"00-{number:032x}-{PARENT}-01"}

    def span_of(self, number: int) -> Span:
        """The span of the only request of a trace, once it has come."""
        assert eventually(lambda: bool(self.receiver.served(f"{number:032x}")), seconds=40)
        (span,) = self.receiver.served(f"{number:032x}")
        return span

    def statements_of(self, number: int) -> list[Span]:
        """The spans of statements of a trace."""
        return [span for span in self.receiver.spans(f"{number:032x}") if span.kind == Span.SPAN_KIND_CLIENT]


@pytest.fixture(scope="module")
def receiver() -> Iterator[OtlpReceiver]:
    with otlp_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def running(settings: Settings, receiver: OtlpReceiver) -> Iterator[TracedService]:
    environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, "ECHO_DELAY": "0.02", **QUICK}
    with traced_service(settings, environment) as service:
        yield service


@pytest.fixture
def traced(running: TracedService, receiver: OtlpReceiver, new_token: Callable[[], str]) -> Iterator[Traced]:
    headers = {"Authorization": f"Bearer {new_token()}"}
    with httpx.Client(base_url=running.address, headers=headers, timeout=30) as client:
        yield Traced(running, receiver, client)


def test_a_request_is_a_span_in_its_clients_trace_and_statements_are_its_children(traced: Traced) -> None:
    conversation = traced.client.post("/api/conversations", json={}).headers["Location"]

    answer = traced.client.get(conversation, params={"limit": 7}, headers=traced.trace(1))

    span = traced.span_of(1)
    assert answer.status_code == 200
    assert (span.name, span.parent_span_id.hex()) == ("GET /api/conversations/{conversation_id}", PARENT)
    assert attributes(span) == {
        "http.request.method": "GET",
        "http.route": "/api/conversations/{conversation_id}",
        "http.response.status_code": 200,
    }
    assert span.status.code == Status.STATUS_CODE_UNSET
    statements = traced.statements_of(1)
    assert "better_auth.session" in [one.name for one in statements]
    assert len(statements) == 2
    for one in statements:
        assert attributes(one) == {"db.system.name": "postgresql"}
        assert one.parent_span_id == span.span_id
        assert span.start_time_unix_nano <= one.start_time_unix_nano <= one.end_time_unix_nano
        assert one.end_time_unix_nano <= span.end_time_unix_nano
    assert {one["service.name"] for one in traced.receiver.resources()} == {"ai-agent"}


@pytest.mark.parametrize(
    ("number", "method", "path", "name", "status"),
    [
        (11, "GET", "/no/such/path", "GET", 404),
        (12, "GET", "/api/conversations/conv_0", "GET /api/conversations/{conversation_id}", 404),
        (13, "PROPFIND", "/api/me", "HTTP", 405),
        (14, "HEAD", "/api/me", "HEAD /api/me", 200),
    ],
)
def test_a_span_is_named_by_the_route_never_by_the_path(
    traced: Traced, number: int, method: str, path: str, name: str, status: int
) -> None:
    traced.client.request(method, path, headers=traced.trace(number))

    span = traced.span_of(number)
    assert (span.name, attributes(span)["http.response.status_code"]) == (name, status)
    assert attributes(span)["http.request.method"] == ("_OTHER" if method == "PROPFIND" else method)


@pytest.mark.parametrize(
    "traceparent",
    [
        "",
        "nonsense",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{PARENT}-01",
        "00-" * 3000,
    ],
)
def test_what_is_no_traceparent_begins_a_trace_of_its_own(traced: Traced, traceparent: str) -> None:
    before = len(traced.receiver.served())

    answer = traced.client.get("/api/me", headers={"traceparent": traceparent})

    assert answer.status_code == 200
    assert eventually(lambda: len(traced.receiver.served()) > before)
    assert traced.receiver.served()[-1].parent_span_id == b""
    assert traced.receiver.served(TRACE) == []


def test_a_tracestate_is_passed_on_unless_it_is_long(traced: Traced) -> None:
    short, long = "vendor=value", ",".join(f"v{number}={'x' * 200}" for number in range(32))

    traced.client.get("/api/me", headers=traced.trace(21) | {"tracestate": short})
    traced.client.get("/api/me", headers=traced.trace(22) | {"tracestate": long})
    broken = traced.client.get("/api/me", headers=traced.trace(23) | {"tracestate": "=,;=," * 50})

    assert traced.span_of(21).trace_state == short
    assert traced.span_of(22).trace_state == ""
    assert (traced.span_of(23).trace_state, broken.status_code) == ("", 200)


def test_a_trace_that_its_client_does_not_sample_is_not_exported(traced: Traced) -> None:
    traced.client.get("/api/me", headers={"traceparent": f"00-{31:032x}-{PARENT}-00"})
    traced.client.get("/api/me", headers=traced.trace(32))

    traced.span_of(32)
    assert traced.receiver.spans(f"{31:032x}") == []


def test_requests_for_the_health_have_no_span(traced: Traced) -> None:
    for path in ("/health/live", "/health/ready"):
        traced.client.get(path, headers=traced.trace(41))
    traced.client.get("/api/me", headers=traced.trace(42))

    traced.span_of(42)
    assert traced.receiver.spans(f"{41:032x}") == []


def test_pipelined_requests_are_not_children_of_each_other(traced: Traced) -> None:
    token = traced.client.headers["Authorization"]
    head = f"Host: x\r\nAuthorization: {token}\r\n"
    first = f"GET /api/me HTTP/1.1\r\n{head}traceparent: {traced.trace(51)['traceparent']}\r\n\r\n"
    second = f"GET /health/ready HTTP/1.1\r\n{head}\r\nGET /api/conversations HTTP/1.1\r\n{head}\r\n"

    answers = exchange(traced.service.address, f"{first}{second}".encode(), answers=3)
    traced.client.get("/api/me", headers=traced.trace(52))

    traced.span_of(52)
    assert [one.status for one in answers] == [200, 200, 200]
    assert traced.span_of(51).name == "GET /api/me"
    assert [one.name for one in traced.statements_of(51)] == ["better_auth.session"]


def test_a_request_that_the_server_refuses_on_its_way_has_the_status_of_the_refusal(traced: Traced) -> None:
    head = f"Host: x\r\nAuthorization: {traced.client.headers['Authorization']}\r\nTransfer-Encoding: chunked\r\n"
    more = f"Content-Type: application/json\r\ntraceparent: {traced.trace(53)['traceparent']}\r\n"
    pieces = "1\r\n[\r\n" * 5000

    answer = ask(traced.service.address, f"POST /api/chat HTTP/1.1\r\n{head}{more}\r\n{pieces}".encode())

    assert (answer.status, attributes(traced.span_of(53))["http.response.status_code"]) == (413, 413)


def test_the_span_of_a_stream_ends_with_the_stream(traced: Traced) -> None:
    body = {"message": "word " * 3000, "stream": True}
    with traced.client.stream("POST", "/api/chat", json=body, headers=traced.trace(61)) as response:
        lines = response.iter_lines()
        next(lines)
        assert eventually(lambda: bool(traced.statements_of(61)))
        is_open = traced.receiver.served(f"{61:032x}") == []
        (conversation,) = traced.client.get("/api/conversations").json()["data"]
        traced.client.post(f"/api/conversations/{conversation['id']}/stop")
        for _ in lines:
            pass

    span = traced.span_of(61)
    assert is_open
    assert span.name == "POST /api/chat"
    assert {one.parent_span_id for one in traced.statements_of(61)} == {span.span_id}


def test_a_statement_that_fails_is_marked_without_its_message(traced: Traced) -> None:
    conversation = traced.client.post("/api/conversations", json={}).headers["Location"]
    messages = {"messages": [{"role": "user", "content": "once"}]}
    key = {"Idempotency-Key": "planted-key"}

    traced.client.post(f"{conversation}/messages", json=messages, headers=key)
    again = traced.client.post(f"{conversation}/messages", json=messages, headers=key | traced.trace(71))

    span = traced.span_of(71)
    failed = [one for one in traced.statements_of(71) if one.status.code == Status.STATUS_CODE_ERROR]
    assert (again.headers["Idempotent-Replayed"], span.status.code) == ("true", Status.STATUS_CODE_UNSET)
    assert [(one.name, attributes(one)["error.type"]) for one in failed] == [("writes.append", "UniqueViolationError")]
    assert [(one.status.message, list(one.events)) for one in failed] == [("", [])]
    assert not any(b"planted-key" in body for body in traced.receiver.bodies)


def test_nothing_that_people_send_is_exported(traced: Traced) -> None:
    planted = "pl4nted"
    headers = {"User-Agent": planted, "Referer": f"http://{planted}.test/", "X-Request-Id": planted}
    client = traced.client
    client.headers.update(headers)
    user_id = client.get("/api/me").json()["user_id"]
    body = {"title": planted, "metadata": {planted: planted}, "messages": [{"role": "user", "content": planted}]}
    conversation = client.post("/api/conversations", json=body, headers={"Idempotency-Key": planted})
    path = conversation.headers["Location"]

    for answer in (
        client.post("/api/chat", json={"message": planted}),
        client.post("/api/chat", json={planted: planted}),
        client.post(f"{path}/messages", json={"messages": [{"role": planted, "content": planted}]}),
        client.post(f"{path}/messages", content=f"{{{planted}", headers={"Content-Type": "application/json"}),
        client.get(path, params={"limit": planted, planted: planted}),
        client.get(f"/{planted}/{planted}"),
        client.get(f"/api/conversations/{planted}"),
        client.get("/api/me", headers={"Authorization": f"Bearer {planted}"}),
        client.get("/api/me", headers={"Cookie": f"better-auth.session_token={planted}", "Authorization": ""}),
        client.get("/api/me", headers={"baggage": f"{planted}={planted}", "traceparent": planted}),
        client.delete(path, headers=traced.trace(81)),
    ):
        assert answer.status_code < 500

    traced.span_of(81)
    exported = b"".join(traced.receiver.bodies)
    secrets = (planted, user_id, path.rpartition("_")[2], str(client.headers["Authorization"]).split()[1], "SELECT")
    assert [secret for secret in secrets if secret.encode() in exported] == []


def test_the_lines_of_the_log_have_the_trace(settings: Settings, new_token: Callable[[], str]) -> None:
    headers = {"Authorization": f"Bearer {new_token()}", "traceparent": f"00-{TRACE}-{PARENT}-01"}
    with otlp_receiver() as receiver:
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
            "OTEL_SERVICE_NAME": "chat",
            **AT_THE_END,
        }
        with traced_service(settings, environment) as service:
            httpx.get(f"{service.address}/api/me", headers=headers)
            httpx.get(f"{service.address}/api/me", headers={"tracestate": "p=l,p=l,=", **headers})
            lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            whole = f"GET /api/me HTTP/1.1\r\nHost: x\r\n{lines}\r\n"
            exchange(service.address, f"{whole}NONSENSE\r\n\r\n".encode())
            ended = service.end()

    traces = [(line["route"], line["status"], line.get("trace_id")) for line in service.lines()]
    assert ended == -signal.SIGTERM
    assert {*traces} == {("/api/me", 200, TRACE), (None, 400, None), ("/health/live", 200, None)}
    assert [line for line in service.log.splitlines() if "opentelemetry" in line or "p=l" in line] == []
    assert len(receiver.served(TRACE)) == 3
    assert {one["service.name"] for one in receiver.resources()} == {"chat"}


def test_each_worker_exports_its_spans_and_sends_the_rest_at_its_end(
    settings: Settings, new_token: Callable[[], str]
) -> None:
    headers = {"Authorization": f"Bearer {new_token()}", "Connection": "close"}
    asked: list[str] = []
    workers: set[str] = set()
    with otlp_receiver() as receiver:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint, **AT_THE_END}
        with traced_service(settings, environment, workers=2) as service:

            def ask_anybody() -> int:
                asked.append(f"{len(asked) + 1:032x}")
                traced = headers | {"traceparent": f"00-{asked[-1]}-{PARENT}-01"}
                answer = httpx.get(f"{service.address}/api/me", headers=traced, timeout=30)
                workers.add(answer.headers["X-Request-Id"].partition("-")[0])  # it begins with what names the process
                return len(workers)

            assert eventually(lambda: ask_anybody() == 2, seconds=60)
            ended = service.end()

    assert ended == 0
    assert sorted(span.trace_id.hex() for span in receiver.served()) == asked
    assert len(receiver.bodies) == 2


def test_an_agent_works_in_the_trace_of_its_request_and_takes_it_on_to_the_model(
    settings: Settings, new_token: Callable[[], str]
) -> None:
    headers = {"Authorization": f"Bearer {new_token()}", "traceparent": f"00-{TRACE}-{PARENT}-01"}
    with otlp_receiver() as receiver, openai_stub(Answer(texts=["Hi."]), Answer(texts=["Ho."])) as stub:
        environment = {
            "RESPONDER": "agent",
            "OPENAI_BASE_URL": stub.base_url,
            "OPENAI_API_KEY": KEY,
            "OPENAI_DEFAULT_MODEL": "m",
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
        }
        with traced_service(settings, environment) as service:
            for more in ({}, {"stream": True}):
                baggage = {"baggage": "planted=planted"}
                chat = {"message": "hello", **more}
                httpx.post(f"{service.address}/api/chat", json=chat, headers=headers | baggage, timeout=30)
            service.end()

    spans = [span.span_id.hex() for span in receiver.served(TRACE)]
    assert len(spans) == 2
    assert [head["traceparent"] for head in stub.heads] == [f"00-{TRACE}-{span}-01" for span in spans]
    assert not any("baggage" in head for head in stub.heads)


@pytest.mark.parametrize("collector", ["refuses", "is away", "is silent"])
def test_a_collector_that_takes_nothing_holds_up_nothing_and_no_secret_is_logged(
    settings: Settings, new_token: Callable[[], str], collector: str
) -> None:
    secret = "s3cret-of-the-collector"
    with otlp_receiver(401, is_silent=collector == "is silent") as receiver:
        endpoint = f"http://{secret}@127.0.0.1:1" if collector == "is away" else receiver.endpoint
        environment = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer {secret},{secret}\x7f",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "100",  # longer than a test may take
            **QUICK,
        }
        with traced_service(settings, environment, workers=2) as service:
            headers = {"Authorization": f"Bearer {new_token()}"}
            with httpx.Client(base_url=service.address, headers=headers, timeout=30) as client:
                statuses = {client.get("/api/me").status_code for _ in range(20)}
                if collector != "is away":
                    assert eventually(lambda: bool(receiver.headers))
            ended = service.end()

    assert (statuses, ended) == ({200}, 0)
    assert "is killed" not in service.log  # as it is 15 seconds after it was told to end
    if collector != "is away":
        assert receiver.headers[0]["authorization"] == f"Bearer {secret}"
    warnings = [json.loads(line) for line in service.log.splitlines() if "span(s)" in line]
    assert len(warnings) == 1 or collector != "refuses"  # the others are tried again, and again
    assert secret not in service.log
    assert "opentelemetry" not in service.log


@pytest.mark.parametrize("workers", ["1", "2"])
def test_spans_that_can_not_be_gathered_end_the_start_and_are_told_of(settings: Settings, workers: str) -> None:
    wrong = {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_BSP_MAX_QUEUE_SIZE": "-1", "DATABASE_URL": settings.database_url}

    ended = run("serve", "--port", "0", "--workers", workers, **wrong, **WITH_AUTHENTICATION)

    assert ended.returncode == 1
    assert "OTEL_BSP_ variables: max_queue_size must be a positive integer." in ended.stderr
    assert "Traceback" not in ended.stderr


WATCH_IMPORTS = """
import os, sys
def watch(event, arguments):
    if event == "import" and arguments[0].partition(".")[0] == "opentelemetry":
        with open(os.environ["IMPORTS"], "a") as file:
            file.write(f"{arguments[0]}\\n")
sys.addaudithook(watch)
"""


LITESTARS_LOOK = ("opentelemetry.instrumentation", "opentelemetry.semconv")
"""What Litestar itself tries to import for each application: constants, and an instrumentation that is not there."""


@pytest.mark.parametrize("is_asked_for", [False, True])
@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_of_it_is_imported_unless_it_is_asked_for(
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
    workers: int,
    is_asked_for: bool,  # noqa: FBT001 - a case
) -> None:
    folder = tmp_path_factory.mktemp("imports")
    (folder / "sitecustomize.py").write_text(WATCH_IMPORTS)
    environment = {
        "PYTHONPATH": str(folder),
        "IMPORTS": str(folder / "imports"),
        "OTEL_SERVICE_NAME": "chat",
        "OTEL_TRACES_EXPORTER": "otlp" if is_asked_for else "",
    }
    with traced_service(settings, environment, workers=workers) as service:
        httpx.get(f"{service.address}/api/me")
        service.end()

    imported = {name for name in (folder / "imports").read_text().split() if not name.startswith(LITESTARS_LOOK)}
    assert imported - {"opentelemetry"} == set() or is_asked_for
    assert ("opentelemetry.sdk.trace" in imported) is is_asked_for
