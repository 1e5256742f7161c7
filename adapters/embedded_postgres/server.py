"""The supervisor of one PostgreSQL server on one data folder."""

import contextlib
import pathlib
import types
from collections.abc import Mapping
from typing import Self

from adapters.embedded_postgres.data_folder import create_cluster, holds_cluster, locked
from adapters.embedded_postgres.errors import DataFolderInUseError, EmbeddedPostgresError
from adapters.embedded_postgres.postmaster import running_postmaster
from adapters.embedded_postgres.predecessor import end_predecessor
from adapters.embedded_postgres.privileges import account_for
from adapters.embedded_postgres.socket_folder import socket_folder, url_of

__all__ = ["DataFolderInUseError", "EmbeddedPostgres", "EmbeddedPostgresError"]

_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """PostgreSQL on a data folder, which it makes when absent; a context manager.

    It listens on a Unix socket only, which only its owner may open. It ends when our process does, however that ends.
    Without `durable` it is faster, and a crash of the machine may cost the data. `settings` are those of
    postgresql.conf, such as `{"max_connections": "20"}`.
    """

    def __init__(
        self, data_folder: pathlib.Path, *, durable: bool = True, settings: Mapping[str, str] | None = None
    ) -> None:
        self._data_folder = data_folder.resolve()
        self._durable = durable
        self._settings = {**({} if durable else _FORGETFUL), **(settings or {})}
        self._running = contextlib.ExitStack()
        self._url: str | None = None

    @property
    def url(self) -> str:
        """`postgresql://postgres@/postgres?host=/folder/of/the/socket`, while the server runs."""
        if self._url is None:
            raise EmbeddedPostgresError("PostgreSQL is not running: start it first.")
        return self._url

    def start(self) -> None:
        """Start the server and wait until it accepts connections.

        Raises DataFolderInUseError when another supervisor has the folder, and EmbeddedPostgresError when PostgreSQL
        is not installed or cannot run on the folder. Whatever is raised, nothing is left running.
        """
        try:
            self._start()
        except OSError as error:
            raise EmbeddedPostgresError(
                f"PostgreSQL cannot use {self._data_folder}: {error}. Mend that, or choose another folder."
            ) from error

    def _start(self) -> None:
        folder = self._data_folder
        with contextlib.ExitStack() as stack:
            lock = stack.enter_context(locked(folder))
            account = account_for(folder)
            if not holds_cluster(folder):
                create_cluster(folder, account, lock, durable=self._durable)
            predecessor = end_predecessor(folder)
            account.take(folder)
            sockets = stack.enter_context(socket_folder(folder, account))
            settings = {
                **self._settings,
                "listen_addresses": "",
                "unix_socket_directories": str(sockets),
                "unix_socket_permissions": "0700",
            }
            stack.enter_context(running_postmaster(folder, account, settings, predecessor))
            self._url = url_of(sockets)
            self._running = stack.pop_all()

    def stop(self) -> None:
        """Stop the server and release the folder; nothing happens when it is not running."""
        self._url = None
        self._running.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: types.TracebackType | None,
    ) -> None:
        self.stop()
