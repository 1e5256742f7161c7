"""Development: the service and the database that it needs, started and stopped together."""

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final

from entrypoints.app import make_served_app
from entrypoints.container import operations
from entrypoints.container.development import embedded_database, open_development_session
from entrypoints.container.responders import check_responder
from entrypoints.server import processes
from entrypoints.settings import Settings
from entrypoints.tracing.checking import check_tracing

_POLL: Final = 0.5

_INVITATION: Final = r"""
ai-agent runs on {address} until you stop it with Ctrl-C; the data stays.
{page}
Read and try its API in a browser, signed in:
  {address}/docs#token={token}

The development user's session token, good for seven days:
  {token}

Try:
  curl -s {address}/api/chat -H 'Authorization: Bearer {token}' \
    -H 'Content-Type: application/json' -d '{{"message": "Hello"}}'
  curl -s {address}/api/conversations -H 'Authorization: Bearer {token}'
  curl -s {address}/api/me -H 'Authorization: Bearer {token}'
"""

_OWN_DATABASE: Final = """
ai-agent runs on {address} (docs: {address}/docs), on the database that DATABASE_URL names. Stop it with Ctrl-C.
{page}Sign in with your better-auth server and send its session token: Authorization: Bearer <token>
"""


def run_development(host: str, port: int, folder: Path, database_url: str | None, responder: str | None = None) -> None:
    """Serve until a signal, on ``database_url`` or else on a PostgreSQL of our own in ``folder``.

    ``responder``: instead of the one that RESPONDER names.
    Raises SettingsError, AddressInUseError, OperationError, each with one line for a person.
    """
    _end_with_parent()
    with (
        processes.bind(host, port) as listener,
        nullcontext(database_url) if database_url else _own_database(folder) as url,
    ):
        settings = _settings(url, responder)
        check_responder(settings)
        check_tracing()
        _say("Bringing the schema up to date")
        asyncio.run(operations.migrate(settings))
        token = None if database_url else asyncio.run(open_development_session(settings))
        text = _welcome(_address(listener), token, has_page=settings.chat_page)
        with processes.bind_metrics(settings.metrics_host, settings.metrics_port) as metrics:
            processes.serve_here(
                make_served_app(settings),
                listener,
                when_ready=lambda: _say(text),
                log_format=settings.log_format,
                metrics=metrics,
            )


@contextmanager
def _own_database(folder: Path) -> Iterator[str]:
    _say(f"Starting PostgreSQL in {folder}")
    with embedded_database(folder / "postgres") as url:
        yield url


def _settings(database_url: str, responder: str | None = None) -> Settings:
    """The settings of the environment, with the chat page unless it says otherwise.

    Without a secret no cookie can be verified, so cookies are not accepted.
    """
    given = {name: variable.value for name, variable in Settings.read_variables().items()}
    if "DATABASE_URL" not in given:
        given.pop("MIGRATION_DATABASE_URL", None)  # it belongs to another database than this one
    if not given.keys() & {"BETTER_AUTH_SECRET", "BETTER_AUTH_SECRETS", "AUTH_SECRET"}:
        given.setdefault("AUTH_COOKIES", "false")
    given.setdefault("CHAT_PAGE", "true")
    if responder:
        given["RESPONDER"] = responder
    return Settings.read({**given, "DATABASE_URL": database_url})


def _welcome(address: str, token: str | None, *, has_page: bool) -> str:
    """What a developer may do now. The fragment of a link is not sent to the service, so no log has the token."""
    if token is None:
        page = f"Chat in a browser: {address}/\n" if has_page else ""
        return _OWN_DATABASE.format(address=address, page=page)
    page = f"\nChat in a browser, signed in:\n  {address}/#token={token}\n" if has_page else ""
    return _INVITATION.format(address=address, page=page, token=token)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _end_with_parent() -> None:
    """End this process when its parent ends: a `make run` that is killed leaves nothing running."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_POLL)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()
