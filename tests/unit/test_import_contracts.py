"""Each contract on imports catches the violations that it is there for: they are planted in a copy of the code."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "application", "adapters", "entrypoints", "migrations")
CONTRACTS = [
    contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
]
LAYERS, USE_CASES, ADAPTERS, ADAPTER, DISHKA, FRAMEWORK, DATABASE, PROMETHEUS = CONTRACTS[:8]
SDK, TRACES, ROOMS, SHARED, API, PAGE, CYCLES = CONTRACTS[8:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """An import that is planted in a module, the contract that it breaks, and how that says so."""

    module: str
    statement: str
    breaks: str
    says: str


VIOLATIONS = [
    Violation(
        module="domain.title",
        statement="from application import chat",
        breaks=LAYERS,
        says="domain.title -> application.chat",
    ),
    Violation(
        module="application.chat",
        statement="from migrations import env",
        breaks=LAYERS,
        says="application.chat -> migrations.env",
    ),
    Violation(
        module="adapters.echo.responder",
        statement="from application import get_message",
        breaks=USE_CASES,
        says="adapters.echo.responder -> application.get_message",
    ),
    Violation(
        module="adapters.better_auth.users",
        statement="from adapters.postgres import tables",
        breaks=ADAPTERS,
        says="adapters.better_auth.users -> adapters.postgres.tables",
    ),
    Violation(
        module="entrypoints.another_api",
        statement="from adapters.echo import responder",
        breaks=ADAPTER,
        says="entrypoints.another_api -> adapters.echo.responder",
    ),
    Violation(
        module="entrypoints.logs",
        statement="from adapters.system import conversation_ids",
        breaks=ADAPTER,
        says="entrypoints.logs -> adapters.system.conversation_ids",
    ),
    Violation(
        module="entrypoints.another_api",
        statement="import dishka",
        breaks=DISHKA,
        says="entrypoints.another_api -> dishka",
    ),
    Violation(
        module="adapters.echo.responder",
        statement="import litestar",
        breaks=FRAMEWORK,
        says="adapters.echo.responder -> litestar",
    ),
    Violation(
        module="entrypoints.container.wiring",
        statement="import uvicorn",
        breaks=FRAMEWORK,
        says="entrypoints.container.wiring -> uvicorn",
    ),
    Violation(
        module="entrypoints.http.edge",
        statement="import sqlalchemy",
        breaks=DATABASE,
        says="entrypoints.http.edge -> sqlalchemy",
    ),
    Violation(
        module="entrypoints.native_api.me",
        statement="import asyncpg",
        breaks=DATABASE,
        says="entrypoints.native_api.me -> asyncpg",
    ),
    Violation(
        module="entrypoints.http.edge",
        statement="import prometheus_client",
        breaks=PROMETHEUS,
        says="entrypoints.http.edge -> prometheus_client",
    ),
    Violation(
        module="entrypoints.container.wiring",
        statement="import agents",
        breaks=SDK,
        says="entrypoints.container.wiring -> agents",
    ),
    Violation(
        module="adapters.echo.responder",
        statement="from openai import AsyncOpenAI",
        breaks=SDK,
        says="adapters.echo.responder -> openai",
    ),
    Violation(
        module="entrypoints.http.traced_requests",
        statement="from opentelemetry import trace",
        breaks=TRACES,
        says="entrypoints.http.traced_requests -> opentelemetry",
    ),
    Violation(
        module="entrypoints.another_api",
        statement="",
        breaks=ROOMS,
        says="entrypoints.another_api",
    ),
    Violation(
        module="entrypoints.http.paths",
        statement="from entrypoints.native_api import bodies",
        breaks=ROOMS,
        says="entrypoints.http.paths -> entrypoints.native_api.bodies",
    ),
    Violation(
        module="entrypoints.server.limits",
        statement="from entrypoints.native_api import cursor",
        breaks=ROOMS,
        says="entrypoints.server.limits -> entrypoints.native_api.cursor",
    ),
    Violation(
        module="entrypoints.http.tally",
        statement="from entrypoints.container import wiring",
        breaks=ROOMS,
        says="entrypoints.http.tally -> entrypoints.container.wiring",
    ),
    Violation(
        module="entrypoints.tracing.spans",
        statement="from entrypoints.http import edge",
        breaks=ROOMS,
        says="entrypoints.tracing.spans -> entrypoints.http.edge",
    ),
    Violation(
        module="entrypoints.embedded",
        statement="from entrypoints.http import edge",
        breaks=SHARED,
        says="entrypoints.embedded -> entrypoints.http.edge",
    ),
    Violation(
        module="entrypoints.another_api",
        statement="from entrypoints.native_api import views",
        breaks=API,
        says="entrypoints.another_api -> entrypoints.native_api.views",
    ),
    Violation(
        module="entrypoints.openai_api.models",
        statement="from entrypoints.native_api import me",
        breaks=ROOMS,
        says="entrypoints.openai_api.models -> entrypoints.native_api.me",
    ),
    Violation(
        module="entrypoints.another_api",
        statement="from entrypoints.openai_api import models",
        breaks=API,
        says="entrypoints.another_api -> entrypoints.openai_api.models",
    ),
    Violation(
        module="entrypoints.web.routes",
        statement="from entrypoints.native_api import views",
        breaks=ROOMS,
        says="entrypoints.web.routes -> entrypoints.native_api.views",
    ),
    Violation(
        module="entrypoints.another_api",
        statement="from entrypoints.web import routes",
        breaks=PAGE,
        says="entrypoints.another_api -> entrypoints.web.routes",
    ),
    Violation(
        module="domain.errors",
        statement="from domain import message",
        breaks=CYCLES,
        says="No cycles are allowed in domain.",
    ),
]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What each broken contract says of a copy of the code that has all the violations."""
    copy = tmp_path_factory.mktemp("violations")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    for violation in VIOLATIONS:
        plant(copy, violation)
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    linted = subprocess.run(
        command, cwd=copy, env={**os.environ, "COLUMNS": "200"}, capture_output=True, text=True, check=False
    )
    assert linted.returncode == 1, linted.stderr
    _, *sections = re.split(r"\n\n(.+)\n-{5,}\n", linted.stdout.partition("Broken contracts")[2])
    return dict(zip(sections[::2], sections[1::2], strict=True))


def plant(copy: Path, violation: Violation) -> None:
    path = copy.joinpath(*violation.module.split("."))
    module = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not module.exists():
        module = path / "__init__.py"
        path.mkdir()
    with module.open("a") as file:
        file.write(f"\n{violation.statement}\n")


def name_of(violation: Violation) -> str:
    return f"{violation.module}: {violation.statement}"


@pytest.mark.parametrize("violation", VIOLATIONS, ids=name_of)
def test_a_violation_breaks_its_contract(reports: Mapping[str, str], violation: Violation) -> None:
    assert violation.says in reports[violation.breaks]


def test_each_contract_has_a_violation() -> None:
    assert {violation.breaks for violation in VIOLATIONS} == set(CONTRACTS)


def imports_of_others(source: str, *own: str) -> Iterator[str]:
    """The packages that a module imports, but for the standard library and our own."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "."]
        else:
            continue
        yield from (
            name
            for name in names
            if name.split(".")[0] not in own and name.split(".")[0] not in sys.stdlib_module_names
        )


@pytest.mark.parametrize(("package", "own"), [("domain", ["domain"]), ("application", ["application", "domain"])])
def test_the_inner_layers_import_the_standard_library_only(package: str, own: list[str]) -> None:
    sources = {path: path.read_text() for path in (ROOT / package).rglob("*.py")}

    assert len(sources) > 10
    assert [(path.name, name) for path, text in sources.items() for name in imports_of_others(text, *own)] == []


@pytest.mark.parametrize("statement", ["import httptools", "from httpx import Client", "from adapters import echo"])
def test_an_import_of_another_package_is_noticed(statement: str) -> None:
    inside = f"import json\n\ndef late() -> None:\n    {statement}\n"

    assert list(imports_of_others(inside, "domain")) == [statement.split()[1]]
