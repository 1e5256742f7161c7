"""What must hold of the project as a whole."""

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "application", "adapters", "entrypoints", "migrations")


def test_no_other_distribution_provides_our_import_names() -> None:
    providers = packages_distributions()

    assert {provider for name in PACKAGES for provider in providers.get(name, [])} <= {"ai-agent"}


def test_every_module_opens_with_what_it_is() -> None:
    modules = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]

    assert len(modules) > 50
    assert [str(path) for path in modules if not path.read_text().startswith('"""')] == []


def test_the_packages_are_typed_for_others() -> None:
    assert all((ROOT / package / "py.typed").is_file() for package in PACKAGES)


def test_the_tests_have_what_the_extras_install() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert {one for extra in project["project"]["optional-dependencies"].values() for one in extra} <= {
        one for one in project["dependency-groups"]["dev"] if isinstance(one, str)
    }


def test_the_lock_names_no_private_host() -> None:
    lock = (ROOT / "uv.lock").read_text()

    hosts = {line.split("://")[1].split("/")[0] for line in lock.replace('"', "\n").splitlines() if "://" in line}
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_no_file_pins_the_python_that_a_plain_python3_would_have_to_be() -> None:
    assert not (ROOT / ".python-version").exists()


def modules_imported_by(path: Path) -> Iterator[str]:
    """All that a module names in its import statements, in full: modules, and what is in them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = "tests." * bool(node.level)  # relative to somewhere here
            yield from (f"{package}{node.module}.{alias.name}" for alias in node.names)


def test_no_test_imports_from_another_test_but_mutants_that_name_who_finds_them() -> None:
    modules = [path.relative_to(ROOT) for path in (ROOT / "tests").rglob("*.py")]
    imports = [(str(path), name) for path in modules for name in modules_imported_by(ROOT / path)]

    from_tests = {path for path, name in imports if re.search(r"^tests\b.*\.(test_\w+|conftest)\b", name)}

    assert from_tests == {
        f"tests/security/mutants/{name}.py"
        for name in (
            "agents",
            "answers",
            "content",
            "context",
            "lifetimes",
            "limits",
            "ownership",
            "replies",
            "retention",
            "silence",
        )
    }
