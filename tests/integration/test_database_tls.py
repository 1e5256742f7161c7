"""The database over TLS, as Neon offers it: only a database with the right certificate is used."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
import trustme

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.database import Database, PoolSettings
from domain.errors import UnavailableError
from entrypoints.container.operations import OperationError, migrate, require_fit_database
from tests.support.activity import until_sessions
from tests.support.service import settings_for

_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"


@dataclass(slots=True)
class TlsFront:
    """Speaks TLS with clients, as PostgreSQL does, and hands on what they say to one without; counts who came."""

    context: ssl.SSLContext
    place: DatabaseAddress
    clients: int = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Its port, on localhost."""
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            yield server.sockets[0].getsockname()[1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            assert await reader.readexactly(8) == _SSL_REQUEST
            writer.write(b"S")
            await writer.start_tls(self.context)
            self.clients += 1
            far_reader, far_writer = await self._reach()
            await asyncio.gather(_pass(reader, far_writer), _pass(far_reader, writer))
        writer.close()

    async def _reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self.place.arguments["host"], self.place.arguments.get("port", 5432)
        if host.startswith("/"):
            return await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        return await asyncio.open_connection(host, port)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    """An authority whose certificate is in a file."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    return authority


@asynccontextmanager
async def front(database_url: str, authority: trustme.CA, name: str) -> AsyncIterator[tuple[TlsFront, str]]:
    """A front with a certificate for a name, and how a URL that leads there begins."""
    address = DatabaseAddress.parse(database_url)
    if "ssl" in address.arguments:
        pytest.skip("the database of this run has TLS of its own: all tests run over it")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    tls = TlsFront(context, address)
    parts = urlsplit(database_url)
    login = parts.netloc.rpartition("@")[0]
    async with tls.listening() as port:
        yield tls, f"postgresql://{login}@localhost:{port}{parts.path}?"


async def test_every_connection_is_encrypted_cancels_too(
    database_url: str, authority: trustme.CA, tmp_path: Path
) -> None:
    verified = urlencode({"sslmode": "verify-full", "sslrootcert": tmp_path / "authority.pem"})

    async with (
        front(database_url, authority, "localhost") as (tls, url),
        Database.connect(DatabaseAddress.parse(url + verified), PoolSettings(size=1)) as pool,
    ):
        sleeping = asyncio.create_task(pool.fetch("SELECT pg_sleep(10)", ()))
        await until_sessions(database_url, "state = 'active' AND query = 'SELECT pg_sleep(10)'")
        sleeping.cancel()
        rows = await pool.fetch("SELECT 1 AS one", ())

    assert [row["one"] for row in rows] == [1]
    assert tls.clients == 2  # the second sent the cancel


@pytest.mark.parametrize(
    ("named", "options"),
    [
        ("other.test", "sslmode=verify-full&sslrootcert={file}"),
        ("localhost", "sslmode=verify-full"),
        ("localhost", "sslmode=require&channel_binding=require"),
        ("localhost", "sslmode=verify-ca"),
    ],
    ids=["another's certificate", "an unknown authority", "Neon's way to ask for it", "only the authority"],
)
async def test_who_cannot_prove_to_be_the_database_is_told_nothing(
    named: str, options: str, database_url: str, authority: trustme.CA, tmp_path: Path
) -> None:
    async with front(database_url, authority, named) as (tls, start):
        url = start + options.format(file=tmp_path / "authority.pem")
        async with Database.connect(DatabaseAddress.parse(url), PoolSettings(size=1)) as pool:
            with pytest.raises(UnavailableError):
                await pool.fetch("SELECT 1", ())
        with pytest.raises(OperationError, match="certificate verify failed"):
            await migrate(settings_for(url))
        (warning,) = await require_fit_database(settings_for(url))

    assert "certificate verify failed" in warning
    assert tls.clients == 0


@pytest.mark.parametrize("options", ["sslmode=require", "sslmode=verify-ca&sslrootcert={file}"])
async def test_a_name_is_not_compared_where_nobody_asked_for_it(
    options: str, database_url: str, authority: trustme.CA, tmp_path: Path
) -> None:
    async with front(database_url, authority, "other.test") as (tls, start):
        address = DatabaseAddress.parse(start + options.format(file=tmp_path / "authority.pem"))
        async with Database.connect(address, PoolSettings(size=1)) as pool:
            await pool.fetch("SELECT 1", ())

    assert tls.clients == 1
