"""Files of others: each is the one that its folder's list names, in the locked version, with its licence."""

import json
import re
from pathlib import Path

import pytest

from tests.support.vendored import COPIES, LIST, ROOT, SOURCE, hash_of, listed_in


@pytest.mark.parametrize("folder", COPIES, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_each_file_is_listed_with_its_hash_and_its_licence(folder: Path) -> None:
    listed = listed_in(folder)

    assert {one["file"]: one["sha256"] for one in listed} == {
        path.name: hash_of(path) for path in folder.iterdir() if path.name != LIST
    }
    assert [(one["package"], one["from"], one["file"]) for one in listed] == [
        (copied.package, copied.path, copied.name) for copied in COPIES[folder]
    ]
    assert {one["package"] for one in listed if one["from"] == "LICENSE"} == {one["package"] for one in listed}


def test_the_versions_are_those_that_are_locked() -> None:
    wanted = json.loads((SOURCE / "package.json").read_text())["dependencies"]
    locked = json.loads((SOURCE / "package-lock.json").read_text())["packages"]

    assert {one["package"]: one["version"] for folder in COPIES for one in listed_in(folder)} == wanted
    assert {package: locked[f"node_modules/{package}"]["version"] for package in wanted} == wanted


def test_no_other_folder_has_files_of_others() -> None:
    assert {path.parent for path in (ROOT / "entrypoints").rglob(LIST)} == set(COPIES)


def test_the_lock_names_the_public_registry_alone() -> None:
    lock = (SOURCE / "package-lock.json").read_text()

    assert set(re.findall(r"https?://([^/\"]+)", lock)) <= {"registry.npmjs.org"}
