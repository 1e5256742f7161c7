"""Commands that serve, or tell what is served: ``serve``, ``dev``, ``config`` and ``openapi``."""

import asyncio
import json
import logging
import logging.config
from dataclasses import asdict
from pathlib import Path

import click

from entrypoints import configuration, logs
from entrypoints.settings import Settings

_log = logging.getLogger("ai-agent")
_HOST = click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
_PORT = click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="The port.")


@click.command
@_HOST
@_PORT
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 1000), help="Processes.")
def serve(host: str, port: int, workers: int) -> None:
    """Serve HTTP on the database that DATABASE_URL names."""
    from entrypoints.container import operations
    from entrypoints.server import processes

    settings = _read_settings()
    logging.config.dictConfig(logs.serving(settings.log_format))
    with (
        processes.bind(host, port) as listener,
        processes.bind_metrics(settings.metrics_host, settings.metrics_port) as metrics,
    ):
        for warning in asyncio.run(operations.require_fit_database(settings)):
            _log.warning("%s", warning)
        if settings.auth_cookies and not settings.origins:
            _log.warning("TRUSTED_ORIGINS is empty: with a cookie nothing can be changed, with a bearer all can")
        _log.info("Serving on http://%s:%d with %d worker(s)", host, port, workers)
        factory = "entrypoints.app:make_app_from_environment"
        processes.serve_workers(
            factory,
            listener,
            check_restart,
            workers=workers,
            drain_seconds=settings.drain_seconds,
            log_format=settings.log_format,
            metrics=metrics,
        )


def check_restart() -> None:
    """Raise OneLineError unless a new worker can serve with the settings as they are now."""
    from entrypoints.container import operations

    asyncio.run(operations.require_fit_database(_read_settings(), must_answer=True))


def _read_settings() -> Settings:
    from entrypoints.container.responders import check_responder
    from entrypoints.tracing.checking import check_tracing

    settings = Settings.read()
    settings.require_authentication()
    check_responder(settings)
    check_tracing()
    return settings


@click.command
@_HOST
@_PORT
@click.option("--responder", metavar="NAME", help="echo, agent, or agent:package.module:attribute; not RESPONDER's.")
@click.option(
    "--data",
    default=".data",
    show_default=True,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The folder of the embedded database.",
)
def dev(host: str, port: int, responder: str | None, data: Path) -> None:
    """Serve HTTP for a developer, on an embedded PostgreSQL if need be."""
    from entrypoints.development import run_development

    url = Settings.read_variables().get("DATABASE_URL")
    run_development(host, port, data, None if url is None else url.value, responder)


@click.command
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def config(*, as_json: bool) -> None:
    """Print the settings in force, secrets masked, and check them."""
    from entrypoints.container import operations

    settings = Settings.read()
    in_force = configuration.in_force(settings)
    if as_json:
        click.echo(json.dumps([asdict(setting) for setting in in_force], indent=2))
    else:
        for setting in in_force:
            click.echo(setting)
    operations.check_settings(settings)


@click.command
def openapi() -> None:
    """Print the OpenAPI document."""
    from entrypoints.native_api.openapi import make_document

    click.echo(json.dumps(make_document(), indent=2, ensure_ascii=False))
