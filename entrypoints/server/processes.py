"""Processes: uvicorn, started from code, on a socket that is bound before anything else is done."""

import asyncio
import logging
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import uvicorn

from entrypoints import logs
from entrypoints.errors import OneLineError
from entrypoints.metrics import endpoint
from entrypoints.metrics.reports import gathered
from entrypoints.server.draining import DrainingServer
from entrypoints.server.reading import GuardedProtocol
from entrypoints.server.reporting import ReportingFactory
from entrypoints.server.supervisor import Supervisor
from entrypoints.server.worker_process import Check

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
    check: Check,
    *,
    workers: int,
    drain_seconds: float = 0,
    seconds_to_end: float = 15,
    log_format: logs.LogFormat = "auto",
    metrics: socket.socket | None = None,
) -> None:
    """Serve the application that ``module:function`` makes, until a signal ends it; and its metrics on ``metrics``.

    It goes on for ``drain_seconds`` after the signal. One worker is this process, several are its children; a child
    that has not ended ``seconds_to_end`` after that is killed. Children that SIGHUP starts call ``check`` first: it
    raises if they should not serve.
    """
    with endpoint.serving(metrics), nullcontext() if metrics is None or workers == 1 else gathered() as channel:
        app = factory if channel is None else ReportingFactory(factory, channel)
        config = configure(app, factory=True, log_config=logs.serving(log_format))
        if workers == 1:
            DrainingServer(config, drain_seconds=drain_seconds, when_ready=_refuse_restarts).run(sockets=[listener])
        else:
            Supervisor(
                config,
                listener,
                check,
                workers=workers,
                drain_seconds=drain_seconds,
                seconds_to_end=seconds_to_end,
            ).run()


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
        config = configure(app, log_config=logs.serving(log_format))
        DrainingServer(config, when_ready=when_ready).run(sockets=[listener])


def _refuse_restarts() -> None:
    """Say that one worker can't be restarted: there is nobody who could serve meanwhile."""
    asyncio.get_running_loop().add_signal_handler(
        signal.SIGHUP, _log.warning, "SIGHUP restarts the workers where there are two or more: serve --workers 2"
    )


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
        **{"log_config": None, **more},
    )
