"""Reporting: the application of a worker that reports what it counts to its supervisor."""

import socket
from dataclasses import dataclass
from typing import Any

from uvicorn.importer import import_from_string

from entrypoints.metrics.reports import start_reporting


@dataclass(frozen=True, slots=True)
class ReportingFactory:
    """Makes the application that ``module:function`` makes, in a worker; sockets are handed to child processes."""

    factory: str
    channel: socket.socket

    def __call__(self) -> Any:
        """The application."""
        start_reporting(self.channel)
        return import_from_string(self.factory)()
