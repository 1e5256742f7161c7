"""A proxy between a client and the service that loses answers once the service has given them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

_OF_THE_CONNECTION = {"connection", "content-length", "transfer-encoding", "date", "server"}


class LossyProxy(ThreadingHTTPServer):
    """Loses the answers to the next ``losses`` requests by POST, and cuts their connections."""

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.losses = 0

    @property
    def address(self) -> str:
        """Where clients reach the service through it."""
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def lossy_proxy(target: str) -> Iterator[LossyProxy]:
    """A proxy to the service at this address."""
    with LossyProxy(target) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._pass_on()

    def do_POST(self) -> None:
        self._pass_on()

    def do_DELETE(self) -> None:
        self._pass_on()

    def _pass_on(self) -> None:
        proxy = self.server
        assert isinstance(proxy, LossyProxy)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        sent = {name: value for name, value in self.headers.items() if name.lower() not in _OF_THE_CONNECTION}
        answer = httpx.request(self.command, f"{proxy.target}{self.path}", headers=sent, content=body)
        if self.command == "POST" and proxy.losses:
            proxy.losses -= 1
            self.close_connection = True
            return
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
