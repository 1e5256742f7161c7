"""The documents of operations name the metrics that the code has: the table, the alert rules and the dashboard."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from entrypoints.metrics.catalogue import COUNTERS, GAUGES, HISTOGRAMS, LIMITS
from entrypoints.metrics.series import Counter, Gauge, Histogram

ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
ALERTS = (ROOT / "docs" / "operations" / "alerts.yml").read_text()
DASHBOARD = json.loads((ROOT / "docs" / "operations" / "dashboard.json").read_text())
METRICS: dict[str, Counter | Gauge | Histogram] = {one.name: one for one in (*COUNTERS, *HISTOGRAMS, *GAUGES)}
OF_ANY = {"le", "instance", "job"}


def labels_of(name: str) -> list[str]:
    metric = METRICS[name]
    return [] if isinstance(metric, Gauge) else [*metric.labels]


def metrics_in(expression: str) -> set[str]:
    """The metrics that an expression names, without the endings of a histogram's samples."""
    names = re.findall(r"\bai_agent_\w+", expression)
    return {re.sub(r"_(bucket|count|sum)$", "", name) if name not in METRICS else name for name in names}


def labels_in(expression: str) -> set[str]:
    """The labels that an expression selects or groups by."""
    groups = re.findall(r"\bby \(([^)]*)\)", expression) + re.findall(r"\{([^}]*)\}", expression)
    return {
        label for group in groups for label in re.findall(r"(\w+)(?= *(?:[=!]|,|$))", re.sub(r'"[^"]*"', "", group))
    }


def panels() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        yield from (target["expr"] for target in panel["targets"])


def test_the_table_of_metrics_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(ai_agent_\w+)` \| (\w+) \| (.*?)\| .+ \|$", OPERATIONS, re.MULTILINE)

    table = {name: (kind, re.findall(r"`(\w+)`", labels)) for name, kind, labels in rows}
    assert table == {name: (type(one).__name__.lower(), labels_of(name)) for name, one in METRICS.items()}
    assert len(rows) == len(METRICS)


def test_the_limits_that_are_explained_are_those_that_are_counted() -> None:
    paragraph = OPERATIONS.partition("The limits are ")[2].partition("\n[design.md]")[0]

    explained = re.findall(r"`([a-z_]+)`", paragraph)
    assert len(explained) == len({*explained})
    assert {(limit,) for limit in explained} == {*LIMITS.series}


def test_each_limit_that_is_counted_anywhere_is_known() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "entrypoints").rglob("*.py"))

    counted = set(re.findall(r'LIMITS\.count\("(\w+)"\)', sources)) | set(
        re.findall(r'_refuse\(HTTPStatus\.\w+, "(\w+)"\)', sources)
    )
    assert len(counted) > 5
    assert {(limit,) for limit in counted} <= {*LIMITS.series}


def test_rules_name_metrics_and_labels_that_there_are() -> None:
    rules = re.split(r"- alert: ", ALERTS)[1:]

    assert len(rules) > 5
    for rule in rules:
        expression = rule.partition("expr:")[2].partition("labels:")[0]
        names = metrics_in(expression)
        assert names <= {*METRICS}, rule
        assert names or "up{" in expression
        assert labels_in(expression) <= {label for name in names for label in labels_of(name)} | OF_ANY, rule


def test_the_dashboard_shows_every_metric_and_names_labels_that_there_are() -> None:
    shown = {name for expression in panels() for name in metrics_in(expression)}

    assert shown == {*METRICS}
    for expression in panels():
        known = {label for name in metrics_in(expression) for label in labels_of(name)} | OF_ANY
        assert labels_in(expression) <= known, expression


def test_each_alert_is_explained_and_no_other() -> None:
    explained = re.findall(r"^\| `(AiAgent\w+)` \|", OPERATIONS, re.MULTILINE)

    assert explained == re.findall(r"- alert: (\w+)", ALERTS)


def test_the_dashboards_panels_lie_beside_each_other() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]

    assert len({*places}) == len(places) == len({panel["id"] for panel in DASHBOARD["panels"]})
    assert all(panel["datasource"]["uid"] == "${datasource}" for panel in DASHBOARD["panels"])
