"""Commands that serve: ``serve`` and ``dev``."""

import argparse
import asyncio
import logging
from pathlib import Path

from entrypoints.cli.arguments import Commands, number
from entrypoints.container import operations
from entrypoints.container.responders import check_responder
from entrypoints.development import run_development
from entrypoints.server import processes
from entrypoints.settings import Settings

_log = logging.getLogger("ai-agent")


def add_commands(commands: Commands) -> None:
    """Add the commands of this group."""
    serve = commands.add_parser("serve", help="serve HTTP on the database that DATABASE_URL names")
    serve.set_defaults(run=_serve)
    dev = commands.add_parser("dev", help="serve HTTP for a developer, on an embedded PostgreSQL if need be")
    dev.set_defaults(run=_dev)
    for command in (serve, dev):
        command.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
        command.add_argument("--port", default=8000, type=number(0, 65535), help="the port (%(default)s)")
    serve.add_argument("--workers", default=1, type=number(1, 1000), help="processes (%(default)s)")
    dev.add_argument(
        "--responder", metavar="NAME", help="echo, agent, or agent:package.module:attribute; instead of RESPONDER"
    )
    dev.add_argument("--data", default=Path(".data"), type=Path, help="folder of the embedded database (%(default)s)")


def _serve(options: argparse.Namespace) -> None:
    settings = Settings.read()
    settings.require_authentication()
    check_responder(settings)
    with processes.bind(options.host, options.port) as listener:
        for warning in asyncio.run(operations.require_fit_database(settings)):
            _log.warning("%s", warning)
        if settings.auth_cookies and not settings.origins:
            _log.warning("TRUSTED_ORIGINS is empty: with a cookie nothing can be changed, with a bearer all can")
        _log.info("Serving on http://%s:%d with %d worker(s)", options.host, options.port, options.workers)
        factory = "entrypoints.app:make_app_from_environment"
        processes.serve_workers(factory, listener, workers=options.workers)


def _dev(options: argparse.Namespace) -> None:
    url = Settings.read_variables().get("DATABASE_URL")
    run_development(options.host, options.port, options.data, None if url is None else url.value, options.responder)
