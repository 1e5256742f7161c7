"""The data folder: who holds its lock, and how a cluster is created in it."""

import contextlib
import fcntl
import os
import pathlib
import shutil
import subprocess
from collections.abc import Iterator

from adapters.embedded_postgres.binaries import program
from adapters.embedded_postgres.complaint import complaint
from adapters.embedded_postgres.errors import DataFolderInUseError, EmbeddedPostgresError
from adapters.embedded_postgres.privileges import Account


@contextlib.contextmanager
def locked(folder: pathlib.Path) -> Iterator[int]:
    """Hold the folder's lock; yields its descriptor. Raises DataFolderInUseError at once if another process holds it.

    The lock ends with the process. Its file lies beside the folder and is never removed: else two supervisors could
    lock two files of the same name.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    # For reading: flock asks for no more, and so root and the folder's owner can both open it.
    lock = os.open(folder.with_name(f"{folder.name}.lock"), os.O_RDONLY | os.O_CREAT, 0o644)
    try:
        _lock(lock, folder)
        yield lock
    finally:
        os.close(lock)


def _lock(lock: int, folder: pathlib.Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise DataFolderInUseError(
            f"Another process runs PostgreSQL on {folder}: stop it, or choose another folder."
        ) from None


def holds_cluster(folder: pathlib.Path) -> bool:
    """Whether the folder holds a cluster; False if it is empty or absent. Raises EmbeddedPostgresError otherwise."""
    if (folder / "PG_VERSION").exists():
        return True
    if not folder.exists():
        return False
    if not folder.is_dir():
        raise EmbeddedPostgresError(f"{folder} is a file: choose a folder for PostgreSQL's data.")
    if any(folder.iterdir()):
        raise EmbeddedPostgresError(
            f"{folder} is neither empty nor a PostgreSQL data folder (it has no PG_VERSION): "
            "move it away, or choose another folder."
        )
    return False


def create_cluster(folder: pathlib.Path, account: Account, lock: int, *, durable: bool) -> None:
    """Create a cluster in UTF-8 that sorts by code point, the same on every system.

    It is created under another name, and renamed when it is complete: a killed initdb leaves no half cluster.
    """
    unfinished = folder.with_name(f"{folder.name}.init")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    unfinished.mkdir(mode=0o700)
    account.take(unfinished)
    initdb = subprocess.run(  # noqa: S603 - PostgreSQL's own program
        [
            *account.prefix,
            program("initdb"),
            f"--pgdata={unfinished}",
            "--username=postgres",
            # Who may connect is decided by who may enter the socket's folder.
            "--auth=trust",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--no-instructions",
            *(() if durable else ("--no-sync",)),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
        # Should it outlive us, the folder stays locked until it has stopped writing.
        pass_fds=(lock,),
        env={**os.environ, "LC_ALL": "C"},
        user=account.user,
        group=account.group,
        extra_groups=account.extra_groups,
    )
    if initdb.returncode != 0:
        raise EmbeddedPostgresError(f"PostgreSQL cannot make its data folder {folder}: {complaint(initdb.stdout)}")
    unfinished.rename(folder)
    if durable:
        _sync(folder.parent)


def _sync(folder: pathlib.Path) -> None:
    """Make a rename in the folder survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
