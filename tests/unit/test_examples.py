"""What is true of the examples without running them."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
REACT = ROOT / "examples" / "react"
OWN = [path for path in (*REACT.glob("*.*"), *(REACT / "src").iterdir()) if path.suffix not in {".json", ".md"}]


def test_the_front_end_talks_to_the_service_by_the_code_that_is_shown_and_tested() -> None:
    tested = ROOT / "tests" / "support" / "ui_message_client" / "chat.mjs"

    assert (REACT / "src" / "chat.mjs").read_text() == tested.read_text()


def test_the_front_end_can_be_read_in_one_sitting() -> None:
    lines = sum(len(path.read_text().splitlines()) for path in OWN)
    readme = [line for line in (REACT / "README.md").read_text().splitlines() if line]

    assert 200 < lines < 300
    assert len(readme) <= 10


def test_its_packages_are_locked_and_from_the_public_registry() -> None:
    asked = json.loads((REACT / "package.json").read_text())
    lock = (REACT / "package-lock.json").read_text()
    locked = json.loads(lock)["packages"]

    wanted = asked["dependencies"] | asked["devDependencies"]
    assert {package: locked[f"node_modules/{package}"]["version"] for package in wanted} == wanted
    assert set(re.findall(r'"resolved": "(.*?//[^/]+)', lock)) == {"https://registry.npmjs.org"}
    assert all("integrity" in package for name, package in locked.items() if name)
