"""Copies the scripts of others that the chat page uses from their npm packages: ``make vendor``."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.support.node_packages import install_packages

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = ROOT / ".make" / "vendor"
"""The folder whose package-lock.json says which packages, by their hashes."""
TARGET: Final = ROOT / "entrypoints" / "web" / "files" / "vendor"
LIST: Final = "vendored.json"

_SCRIPTS: Final = (("marked", "lib/marked.esm.js", "LICENSE"), ("dompurify", "dist/purify.min.js", "LICENSE"))


def copy_scripts(target: Path) -> None:
    """Install the packages, and copy their scripts, their licences, and a list that says what each one is."""
    install_packages(SOURCE)
    target.mkdir(parents=True, exist_ok=True)
    listed = [_copy(target, *script) for script in _SCRIPTS]
    (target / LIST).write_text(f"{json.dumps(listed, indent=2)}\n")


def listed_in(target: Path) -> Sequence[dict[str, Any]]:
    """What the list says of each script."""
    listed: list[dict[str, Any]] = json.loads((target / LIST).read_text())
    return listed


def hash_of(script: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(script.read_bytes()).hexdigest()


def _copy(target: Path, name: str, script: str, licence: str) -> dict[str, Any]:
    package = SOURCE / "node_modules" / name
    copied, copied_licence = target / f"{name}.js", target / f"{name}.LICENSE.txt"
    shutil.copyfile(package / script, copied)
    shutil.copyfile(package / licence, copied_licence)
    told = json.loads((package / "package.json").read_text())
    return {
        "file": copied.name,
        "package": name,
        "version": told["version"],
        "from": script,
        "license": told["license"],
        "license_file": copied_licence.name,
        "sha256": hash_of(copied),
    }


if __name__ == "__main__":
    copy_scripts(TARGET)
