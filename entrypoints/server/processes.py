"""Processes: uvicorn, started from code, on a socket that is bound before anything else is done."""

import logging
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, override

import uvicorn
from uvicorn.supervisors import Multiprocess

from entrypoints import logs
from entrypoints.errors import OneLineError
from entrypoints.metrics import endpoint
from entrypoints.metrics.reports import gathered
from entrypoints.server.reading import GuardedProtocol
from entrypoints.server.reporting import ReportingFactory

_log = logging.getLogger(__name__)


class AddressInUseError(OneLineError):
    """The address can't be listened on."""


def bind(host: str, port: int, option: str = "--port") -> socket.socket:
    """A socket bound to the address, which ``option`` has named. Raises AddressInUseError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise AddressInUseError(f"Can't listen on {host}:{port}: {reason}. Choose another with {option}.") from None
    listener.set_inheritable(True)
    return listener


def bind_metrics(host: str, port: int | None) -> AbstractContextManager[socket.socket | None]:
    """A socket for the metrics; None without a port. Raises AddressInUseError."""
    return nullcontext() if port is None else bind(host, port, "METRICS_PORT")


def serve_workers(
    factory: str,
    listener: socket.socket,
    *,
    workers: int,
    seconds_to_end: float = 15,
    log_format: logs.LogFormat = "auto",
    metrics: socket.socket | None = None,
) -> None:
    """Serve the application that ``module:function`` makes, until a signal ends it; and its metrics on ``metrics``.

    One worker is this process, several are its children; a child that has not ended ``seconds_to_end`` after the
    signal is killed.
    """
    with endpoint.serving(metrics), nullcontext() if metrics is None or workers == 1 else gathered() as channel:
        app = factory if channel is None else ReportingFactory(factory, channel)
        config = configure(app, factory=True, workers=workers, log_config=logs.serving(log_format))
        if workers == 1:
            uvicorn.Server(config).run(sockets=[listener])
        else:
            _Supervisor(config, [listener], seconds_to_end).run()


def serve_here(
    app: Any,
    listener: socket.socket,
    *,
    when_ready: Callable[[], None],
    log_format: logs.LogFormat = "auto",
    metrics: socket.socket | None = None,
) -> None:
    """Serve an application in this process until a signal ends it; and its metrics on ``metrics``."""
    with endpoint.serving(metrics):
        _AnnouncedServer(configure(app, log_config=logs.serving(log_format)), when_ready).run(sockets=[listener])


class _Supervisor(Multiprocess):
    """uvicorn's supervisor of workers, with two differences.

    It closes its copy of each worker's end of the pipe: so a worker that dies while it is asked for its health is
    known to be dead at once. It waits ``seconds_to_end`` for workers to end, and kills a frozen one, which never would.
    """

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket], seconds_to_end: float) -> None:
        super().__init__(config, sockets)
        self._seconds_to_end = seconds_to_end

    @override
    def init_processes(self) -> None:
        super().init_processes()
        self._close_workers_ends()

    @override
    def keep_subprocess_alive(self) -> None:
        super().keep_subprocess_alive()
        self._close_workers_ends()

    @override
    def join_all(self) -> None:
        end = time.monotonic() + self._seconds_to_end
        for process in self.processes:
            process.process.join(max(end - time.monotonic(), 0))
            if process.exitcode is None:
                _log.warning("Worker %d has not ended in time, and is killed", process.pid)
                process.kill()
        super().join_all()

    def _close_workers_ends(self) -> None:
        for process in self.processes:
            process.child_conn.close()


class _AnnouncedServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_ready = when_ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._when_ready()


def configure(app: Any, protocol: type[GuardedProtocol] = GuardedProtocol, **more: Any) -> uvicorn.Config:
    """Uvicorn's configuration: uvloop, httptools within limits, no WebSockets, no ``Server`` header."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=protocol,
        ws="none",
        lifespan="on",
        server_header=False,
        proxy_headers=False,
        access_log=False,
        # Seconds; load balancers keep idle connections for 60, mostly: were ours closed first, a request that is on
        # its way would be lost. Their number is limited all the same: the one that was idle for longest makes room.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=10,
        # Seconds; a worker answers the health check once it has imported everything. One that takes longer is ended and
        # started again, for ever.
        timeout_worker_healthcheck=30,
        **{"log_config": None, **more},
    )
