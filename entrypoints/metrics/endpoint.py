"""The endpoint: ``/metrics`` on an address of its own, served by a thread."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from typing import Final, override

from prometheus_client import CollectorRegistry, MetricsHandler

from entrypoints.metrics.exposition import Exposition

_PATH: Final = "/metrics"


class _Handler(MetricsHandler):
    registry = CollectorRegistry()
    timeout = 10
    """Seconds that a client may be silent."""

    @override
    def do_GET(self) -> None:
        if self.path.partition("?")[0] == _PATH:
            super().do_GET()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)


_Handler.registry.register(Exposition())


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, listener: socket.socket) -> None:
        super().__init__(listener.getsockname()[:2], _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.server_activate()

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that has left."""


@contextmanager
def serving(listener: socket.socket | None) -> Iterator[None]:
    """Serve the metrics of this process on a bound socket, until the end; None: serve nothing."""
    if listener is None:
        yield
        return
    with _Server(listener) as server:
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        try:
            yield
        finally:
            server.shutdown()
