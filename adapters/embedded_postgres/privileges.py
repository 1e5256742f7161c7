"""The account as which PostgreSQL runs; it refuses to run as root."""

import dataclasses
import os
import pathlib
import stat
import subprocess
import sys

from adapters.embedded_postgres import user_namespace
from adapters.embedded_postgres.binaries import program
from adapters.embedded_postgres.errors import EmbeddedPostgresError

_NOBODY = 65534

# -I and -S: it needs no packages, and starts in a third of the time.
_IN_USER_NAMESPACE = (sys.executable, "-I", "-S", user_namespace.__file__, str(_NOBODY))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """How to start a program: the command to put before it, and the user to run it as (None: ours)."""

    prefix: tuple[str, ...] = ()
    user: int | None = None
    group: int | None = None

    @property
    def extra_groups(self) -> tuple[int, ...] | None:
        """The groups of the process; None keeps ours, which another user must not have."""
        return None if self.user is None else ()

    def take(self, path: pathlib.Path) -> None:
        """Make a file, or a folder and all in it, this account's if it is not yet."""
        if self.user is None or self.group is None or path.stat().st_uid == self.user:
            return
        # The folder itself comes last: its owner tells that nothing is left to do.
        for each in (*path.rglob("*"), path):
            os.chown(each, self.user, self.group, follow_symlinks=False)


def account_for(data_folder: pathlib.Path) -> Account:
    """Choose the account that runs PostgreSQL on this folder.

    A plain user runs it itself. Root runs it as the folder's owner; if that is root or the folder is new, in a user
    namespace where root has another number; and where the kernel allows none (Docker), as nobody.
    """
    if os.geteuid() != 0:
        return Account()
    if data_folder.exists() and (owner := data_folder.stat()).st_uid != 0:
        return Account(user=owner.st_uid, group=owner.st_gid)
    if user_namespace_is_allowed():
        return Account(prefix=_IN_USER_NAMESPACE)
    for path in (data_folder, program("postgres")):
        _require_that_nobody_reaches(path)
    return Account(user=_NOBODY, group=_NOBODY)


def user_namespace_is_allowed() -> bool:
    """Whether the kernel allows a user namespace; found out by trying, since many settings can forbid it."""
    attempt = subprocess.run(_IN_USER_NAMESPACE, capture_output=True, check=False)  # noqa: S603 - our own script
    return attempt.returncode == 0


def _require_that_nobody_reaches(path: pathlib.Path) -> None:
    for parent in path.parents:
        if parent.exists() and not parent.stat().st_mode & stat.S_IXOTH:
            raise EmbeddedPostgresError(
                f"PostgreSQL refuses to run as root, and user {_NOBODY}, who is left here, cannot enter {parent} "
                f"to use {path}: put it elsewhere, do not run as root, or set DATABASE_URL to another PostgreSQL."
            )
