"""The scripts of others: each is the one that the list names, in the locked version, with its licence."""

import json

from tests.support.vendored_scripts import SOURCE, TARGET, hash_of, listed_in


def test_each_script_is_listed_with_its_hash_and_its_licence() -> None:
    listed = listed_in(TARGET)

    assert {one["file"]: one["sha256"] for one in listed} == {path.name: hash_of(path) for path in TARGET.glob("*.js")}
    assert all((TARGET / one["license_file"]).stat().st_size > 500 for one in listed)


def test_the_versions_are_those_that_are_locked() -> None:
    wanted = json.loads((SOURCE / "package.json").read_text())["dependencies"]

    assert {one["package"]: one["version"] for one in listed_in(TARGET)} == wanted
