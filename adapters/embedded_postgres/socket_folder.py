"""The folder of the server's Unix socket, and the URL that leads to it."""

import contextlib
import os
import pathlib
import re
import tempfile
import urllib.parse
from collections.abc import Iterator

from adapters.embedded_postgres.privileges import Account

# sockaddr_un holds 107 bytes on Linux and 103 on macOS.
_LONGEST_PATH = 103
_LONGEST_NAME = ".s.PGSQL.65535"

# Drivers take a comma or a colon for the beginning of another host.
_PLAIN_PATH = re.compile(r"[\w/.-]+")


@contextlib.contextmanager
def socket_folder(data_folder: pathlib.Path, account: Account) -> Iterator[pathlib.Path]:
    """Yield the data folder, or a temporary one when its path cannot hold a socket."""
    is_short = len(os.fsencode(data_folder / _LONGEST_NAME)) <= _LONGEST_PATH
    if is_short and _PLAIN_PATH.fullmatch(str(data_folder)):
        yield data_folder
        return
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as temporary:
        folder = pathlib.Path(temporary)
        account.take(folder)
        yield folder


def url_of(folder: pathlib.Path) -> str:
    """Return the address as libpq, asyncpg and SQLAlchemy understand it."""
    return f"postgresql://postgres@/postgres?host={urllib.parse.quote(str(folder))}"
