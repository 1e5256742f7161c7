"""Whether OpenTelemetry's variables ask for traces, and what is said if they can't be had."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from entrypoints.app import make_served_app
from entrypoints.container.observing import StorageMetrics, observer_of
from entrypoints.http.edge import Edge
from entrypoints.settings import SettingsError
from entrypoints.tracing.checking import check_tracing
from entrypoints.tracing.switch import is_asked_for
from tests.support.service import settings_for

ROOT = Path(__file__).parents[4]
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector.test:4318"}
MISSING = (
    'OTEL_ variables ask for traces, which need OpenTelemetry: install ai-agent with its extra "otel", such as by '
    "uv sync --extra otel, or set OTEL_SDK_DISABLED=true"
)


@pytest.mark.parametrize(
    ("environment", "asks"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "chat", "OTEL_PROPAGATORS": "b3", "OTEL_TRACES_SAMPLER": "always_on"}, False),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://collector.test:4318"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        (ENDPOINT, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://collector.test:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_TRACES_EXPORTER": ""} | ENDPOINT, True),
        ({"OTEL_TRACES_EXPORTER": "none"} | ENDPOINT, False),
        ({"OTEL_SDK_DISABLED": "True"} | ENDPOINT, False),
        ({"OTEL_SDK_DISABLED": "false"} | ENDPOINT, True),
    ],
)
def test_an_exporter_or_an_endpoint_asks_for_traces(environment: Mapping[str, str], asks: bool) -> None:  # noqa: FBT001 - a case
    assert is_asked_for(environment) is asks


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "OTEL_TRACES_EXPORTER must be otlp, console, or none"),
        ({"OTEL_TRACES_EXPORTER": "otlp,jaeger"}, "OTEL_TRACES_EXPORTER must be otlp, console, or none"),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf"),
    ],
)
def test_what_can_not_be_exported_is_refused_in_one_line(environment: Mapping[str, str], says: str) -> None:
    with pytest.raises(SettingsError) as raised:
        check_tracing(environment)

    assert str(raised.value) == says


@pytest.mark.parametrize(
    "environment",
    [{}, {"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}],
)
def test_where_nothing_is_asked_for_nothing_is_refused(environment: Mapping[str, str]) -> None:
    check_tracing(environment)


def test_where_nothing_is_asked_for_nothing_more_stands_before_the_application(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")

    app = make_served_app(settings_for("postgresql://ann@db.test/chat"))

    assert type(app) is Edge
    assert type(observer_of(None)) is StorageMetrics


def said_of(environment: Mapping[str, str], before: str = "pass") -> str:
    """What the check says in a process of its own, in which nothing is imported yet."""
    program = (
        f"import sys; {before}\n"
        "from entrypoints.tracing.checking import check_tracing\n"
        "try: check_tracing()\n"
        "except Exception as error: print(type(error).__name__, error)\n"
        "else: print('nothing')"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=True
    )
    return ended.stdout.strip()


@pytest.mark.parametrize("package", ["opentelemetry", "opentelemetry.sdk", "opentelemetry.exporter"])
def test_without_the_extra_it_is_told_what_is_missing(package: str) -> None:
    assert said_of(ENDPOINT, f"sys.modules[{package!r}] = None") == f"SettingsError {MISSING}"


def test_a_propagator_that_is_not_installed_is_refused() -> None:
    said = said_of(ENDPOINT | {"OTEL_PROPAGATORS": "pigeon"})

    assert said.startswith("SettingsError OTEL_PROPAGATORS: Propagator pigeon not found.")
    assert said_of(ENDPOINT | {"OTEL_PROPAGATORS": "tracecontext,baggage"}) == "nothing"
