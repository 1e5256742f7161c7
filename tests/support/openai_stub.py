"""A server that speaks OpenAI's wire on the loopback, and answers as it is told."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, override

from tests.support.openai_frames import Answer, End, chat_frames, responses_frames

KEY: Final = "the-key-that-the-stub-knows"


@dataclass
class OpenAIStub:
    """What it will answer, request by request, and what it was asked."""

    base_url: str
    answers: list[Answer] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    heads: list[dict[str, str]] = field(default_factory=list)
    """The headers, by their names in lower case."""
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set once a client has closed a stream that never ends."""
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def openai_stub(*answers: Answer) -> Iterator[OpenAIStub]:
    """Serve these answers, in their order."""

    class Handler(_Handler):
        stub: OpenAIStub

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stub = OpenAIStub(f"http://127.0.0.1:{server.server_port}/v1", list(answers))
        Handler.stub = stub
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield stub
        finally:
            stub.over.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    stub: OpenAIStub

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.stub.paths.append(self.path)
        self.stub.requests.append(body)
        self.stub.heads.append({name.lower(): value for name, value in self.headers.items()})
        if self.headers["authorization"] != f"Bearer {KEY}":
            self._refuse(401)
            return
        answer = self.stub.answers.pop(0) if self.stub.answers else Answer(status=400)
        if answer.status != 200:
            self._refuse(answer.status)
            return
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        if answer.end is End.CUT:
            self.send_header("content-length", "1000000")
        self.end_headers()
        with suppress(ConnectionError):
            self._stream(answer, body)

    def _refuse(self, status: int) -> None:
        error = {"message": f"It is a {status}.", "type": "stub", "param": None, "code": None}
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("retry-after-ms", "1")
        self.end_headers()
        self.wfile.write(json.dumps({"error": error}).encode())

    def _stream(self, answer: Answer, body: dict[str, Any]) -> None:
        if self.path.endswith("/responses"):
            frames = responses_frames(answer)
        else:
            frames = chat_frames(answer, has_usage=bool(body.get("stream_options", {}).get("include_usage")))
        last = b""
        for last in frames:
            self.wfile.write(last)
        match answer.end:
            case End.SILENT:
                self._wait_for_the_client()
            case End.ENDLESS:
                self._repeat(last)

    def _wait_for_the_client(self) -> None:
        self.connection.settimeout(0.02)
        while not self.stub.over.is_set():
            with suppress(TimeoutError):
                if not self.connection.recv(1):
                    self.stub.hung_up.set()
                    return

    def _repeat(self, frame: bytes) -> None:
        try:
            while not self.stub.over.wait(0.005):
                self.wfile.write(frame)
        except ConnectionError:
            self.stub.hung_up.set()

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""
