"""What must hold of the project as a whole."""

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


def test_the_lock_names_no_private_host() -> None:
    lock = (ROOT / "uv.lock").read_text()

    hosts = {line.split("://")[1].split("/")[0] for line in lock.replace('"', "\n").splitlines() if "://" in line}
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_no_file_pins_the_python_that_a_plain_python3_would_have_to_be() -> None:
    assert not (ROOT / ".python-version").exists()
