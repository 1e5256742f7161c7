"""Copies files of others that pages use from their npm packages into ours: ``make vendor``."""

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.support.node_packages import install_packages

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = ROOT / ".make" / "vendor"
"""The folder whose package-lock.json says which packages, by their hashes."""
LIST: Final = "vendored.json"
"""In each folder of copies, it says what each one is."""


@dataclass(frozen=True, slots=True)
class Copied:
    """A file of a package, and the name of its copy."""

    package: str
    path: str
    name: str

    @property
    def source(self) -> Path:
        """The file as npm installed it."""
        return SOURCE / "node_modules" / self.package / self.path


_WEB: Final = ROOT / "entrypoints" / "web" / "files" / "vendor"
_DOCS: Final = ROOT / "entrypoints" / "native_api" / "files" / "vendor"

COPIES: Final = {
    _WEB: (
        Copied("marked", "lib/marked.esm.js", "marked.js"),
        Copied("marked", "LICENSE", "marked.LICENSE.txt"),
        Copied("dompurify", "dist/purify.min.js", "dompurify.js"),
        Copied("dompurify", "LICENSE", "dompurify.LICENSE.txt"),
    ),
    _DOCS: (
        Copied("swagger-ui-dist", "swagger-ui-bundle.js", "swagger-ui.js"),
        Copied("swagger-ui-dist", "swagger-ui.css", "swagger-ui.css"),
        Copied("swagger-ui-dist", "LICENSE", "swagger-ui.LICENSE.txt"),
        Copied("swagger-ui-dist", "NOTICE", "swagger-ui.NOTICE.txt"),
        Copied("swagger-ui-dist", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui-bundle.js.LICENSE.txt"),
    ),
}
"""What each folder has, and nothing else."""


def copy_all() -> None:
    """Install the packages, and make each folder anew."""
    install_packages(SOURCE)
    for folder, copies in COPIES.items():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for copied in copies:
            shutil.copyfile(copied.source, folder / copied.name)
        (folder / LIST).write_text(f"{json.dumps([_told(folder, copied) for copied in copies], indent=2)}\n")


def listed_in(folder: Path) -> Sequence[dict[str, Any]]:
    """What the list says of each copy."""
    listed: list[dict[str, Any]] = json.loads((folder / LIST).read_text())
    return listed


def hash_of(file: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _told(folder: Path, copied: Copied) -> dict[str, Any]:
    package = json.loads((SOURCE / "node_modules" / copied.package / "package.json").read_text())
    return {
        "file": copied.name,
        "package": copied.package,
        "version": package["version"],
        "from": copied.path,
        "license": package["license"],
        "sha256": hash_of(folder / copied.name),
    }


if __name__ == "__main__":
    copy_all()
