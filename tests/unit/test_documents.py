"""What the documents refer to is there, and their figures are those of the code."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from adapters.postgres.tables import SCHEMA
from entrypoints.configuration import formatted
from entrypoints.environment.conversion import accepted_values
from entrypoints.server.limits import Limits
from entrypoints.settings import SECRET_VARIABLES, Settings
from tests.support import citus

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "domain",
    "application",
    "adapters",
    "entrypoints",
    "migrations",
    "tests",
    "docs",
    "examples",
    ".make",
    ".ci",
)
ADRS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
DESIGN = (ROOT / "docs" / "design.md").read_text()
UNITS = {"KiB": 1024, "MiB": 1024 * 1024}


def documents() -> Iterator[Path]:
    yield from ROOT.glob("*.md")
    yield from (ROOT / "docs").rglob("*.md")
    yield from (ROOT / "examples").glob("*/*.md")


def files() -> Iterator[Path]:
    """All that a person writes."""
    yield from (path for path in ROOT.iterdir() if path.suffix in {".md", ".toml"} or path.name == "Makefile")
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {"", ".md", ".py", ".sh"} and path.is_file() and "node_modules" not in path.parts:
                yield path


def found(pattern: str, paths: Iterator[Path]) -> dict[str, set[str]]:
    """What the pattern finds, and in which files."""
    places: dict[str, set[str]] = {}
    for path in paths:
        for match in re.finditer(pattern, path.read_text()):
            places.setdefault(match[1], set()).add(str(path.relative_to(ROOT)))
    return places


def test_a_document_that_is_named_is_there() -> None:
    named = found(r"(?<![\w/.:(-])((?:[\w-]+/)+[\w-]+\.md|docs/\w[\w/.-]*\.json)\b", files())

    assert len(named) > 2
    assert {name: places for name, places in named.items() if not (ROOT / name).is_file()} == {}
    assert found(r"\b(DESIGN|STYLE)\b", documents()) == {}  # docs/design.md and docs/contributing.md are


def test_what_a_document_names_in_code_or_links_to_is_there() -> None:
    folders = "|".join(re.escape(folder) for folder in FOLDERS)
    named = found(rf"`(?!application/json`)((?:{folders})/[\w/.-]*\w)`", documents())
    links = {
        (path.parent / link, str(path.relative_to(ROOT)))
        for path in documents()
        for link in re.findall(r"\]\((?!https?://)([^)#]+)", path.read_text())
    }

    assert len(named) > 20
    assert {name: places for name, places in named.items() if not (ROOT / name).exists()} == {}
    assert {place for target, place in links if not target.exists()} == set()


def test_a_decision_that_is_cited_was_taken() -> None:
    cited = found(r"\bADR (\d+)", files()) | found(r"\badr/(\d{4})", files())
    taken = {int(path.name[:4]) for path in ADRS}

    assert len(cited) > 5
    assert {number: places for number, places in cited.items() if int(number) not in taken} == {}


def test_a_promise_that_is_cited_is_one_of_the_designs() -> None:
    cited = found(r"\b[Pp]romise (\d+)", files())
    given = re.findall(r"^(\d+)\. \*\*", DESIGN, re.MULTILINE)

    assert given == [str(number) for number in range(1, 16)]
    assert {number: places for number, places in cited.items() if number not in given} == {}


def test_the_index_has_every_decision_under_its_title() -> None:
    index = (ROOT / "docs" / "adr" / "README.md").read_text()
    listed = re.findall(r"^\| \[(\d+)\]\(([^)]+)\) \| ([^|]+) \|", index, re.MULTILINE)

    assert listed == [
        (str(int(path.name[:4])), path.name, path.read_text().partition("\n")[0].partition(". ")[2]) for path in ADRS
    ]


def test_the_front_end_that_is_shown_is_the_one_that_is_tested() -> None:
    shown = re.findall(r"```js\n(.*?)```", (ROOT / "docs" / "streaming.md").read_text(), re.DOTALL)

    assert shown == [(ROOT / "tests" / "support" / "ui_message_client" / "chat.mjs").read_text()]


def test_the_limits_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| [^|]+ \| ((?:`[\w.]+`(?:, )?)+) \|$", DESIGN, re.MULTILINE)

    assert len(rows) > 20
    for limit, figures, places in rows:
        stated = [
            int(number.replace(",", "")) * UNITS.get(unit, 1)
            for number, unit in re.findall(r"([\d,]*\d) (\w+)?", f"{figures} ")
        ]
        assert (limit, stated) == (limit, [value_of(place) for place in re.findall(r"`([\w.]+)`", places)])


def value_of(place: str) -> Any:
    """The value of ``Limits.head_bytes``, ``Settings.request_timeout`` or ``domain.title.MAX_LENGTH``."""
    holder, _, name = place.rpartition(".")
    defaults = {"Limits": Limits(), "Settings": Settings(database_url="postgresql://x/y")}
    return getattr(defaults[holder] if holder in defaults else importlib.import_module(holder), name)


def test_the_guide_distributes_every_table_by_its_owner() -> None:
    calls = [
        re.match(r"SELECT create_distributed_table\('(\w+)', 'owner_id'", statement) for statement in citus.DISTRIBUTE
    ]

    assert sorted(call[1] for call in calls if call) == sorted(SCHEMA.tables)
    assert len(calls) == len(SCHEMA.tables)


def test_the_table_of_settings_is_that_of_the_code() -> None:
    table = (ROOT / "docs" / "configuration.md").read_text()

    rows = re.findall(r"^\| (`[A-Z].*?) \| (.*?) \| (.*?) \| (.+?) \|$", table, re.MULTILINE)

    assert [row[:3] for row in rows] == [row_of(field) for field in msgspec.structs.fields(Settings)]


def row_of(field: msgspec.structs.FieldInfo) -> tuple[str, str, str]:
    """The names of a setting, its default, and what it accepts, as the table has them."""
    name = field.encode_name
    names = [name, f"{name}_FILE"] if name in SECRET_VARIABLES else [name]
    return ", ".join(f"`{one}`" for one in names), default_of(field), accepted_values(name, Settings)


def default_of(field: msgspec.structs.FieldInfo) -> str:
    if field.default is msgspec.NODEFAULT:
        return "required"
    default = formatted(field.default)
    return f"`{default}`" if default else "none"


def test_the_documents_name_the_same_pythons() -> None:
    script = (ROOT / ".make" / "uv.sh").read_text()
    project = (ROOT / "pyproject.toml").read_text()
    to_fetch_uv = set(re.findall(r"version_info < \(3, (\d+)\)", script))
    fetched = re.findall(r"^fetched_python=3\.(\d+)", script, re.MULTILINE)
    to_serve = re.findall(r'^requires-python = ">=3\.(\d+)"$', project, re.MULTILINE)

    stated = re.findall(r"Python 3\.(\d+)", (ROOT / "README.md").read_text())
    assert stated == [*to_fetch_uv, *to_serve, *fetched]
    assert re.findall(r"Python 3\.(\d+)", script.partition("set -eu")[0]) == stated


def test_the_makefile_says_what_ci_runs_besides_check() -> None:
    ran = re.findall(r"^(?:exec )?make ([a-z -]+) </dev/null$", (ROOT / ".ci" / "run").read_text(), re.MULTILINE)

    said = re.findall(r"^check: .* CI also runs (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert " ".join(ran).split() == ["check", *said[0].split(", ")]
