"""A real Prometheus reads the metrics, and its tool the rules; both are skipped where they are not installed."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from entrypoints.metrics import endpoint
from entrypoints.metrics.catalogue import REQUESTS
from entrypoints.server.processes import bind
from tests.support.metrics import shown_metrics
from tests.support.sockets import free_port
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
RULES = ROOT / "docs" / "operations" / "alerts.yml"
PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")

with_promtool = pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed (Debian: prometheus)")
with_prometheus = pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not installed")

FIRING: dict[str, dict[str, str]] = {
    "AiAgentDown": {'up{job="ai-agent"}': "0x60"},
    "AiAgentErrors": {
        'ai_agent_http_request_seconds_count{status="503"}': "0+5x60",
        'ai_agent_http_request_seconds_count{status="200"}': "0+95x60",
    },
    "AiAgentSlow": {
        'ai_agent_http_request_seconds_bucket{route="/api/me",le="0.5"}': "0+90x60",
        'ai_agent_http_request_seconds_bucket{route="/api/me",le="1.0"}': "0+100x60",
        'ai_agent_http_request_seconds_bucket{route="/api/me",le="+Inf"}': "0+100x60",
    },
    "AiAgentStorageUnavailable": {"ai_agent_storage_unavailable_total": "0+1x60"},
    "AiAgentPoolExhausted": {"ai_agent_pool_waiting": "3x60", "ai_agent_pool_free_connections": "0x60"},
    "AiAgentRepliesFail": {
        'ai_agent_replies_total{outcome="failed"}': "0+2x60",
        'ai_agent_replies_total{outcome="stop"}': "0+8x60",
    },
    "AiAgentRepliesSlow": {
        'ai_agent_reply_first_delta_seconds_bucket{le="10.0"}': "0+50x60",
        'ai_agent_reply_first_delta_seconds_bucket{le="30.0"}': "0+100x60",
        'ai_agent_reply_first_delta_seconds_bucket{le="+Inf"}': "0+100x60",
    },
    "AiAgentWorkersDie": {"ai_agent_worker_starts_total": "2+1x60", "ai_agent_workers": "2x60"},
    "AiAgentSignaturesRefused": {'ai_agent_refused_credentials_total{cause="bad_signature"}': "0+120x60"},
    "AiAgentLimitsStrike": {'ai_agent_limits_struck_total{limit="head"}': "0+120x60"},
    "AiAgentLogLinesDropped": {'ai_agent_log_lines_dropped_total{cause="queue_full"}': "0+1x60"},
}
"""For each alert series that make it fire, with a value a minute."""

QUIET: dict[str, str] = {
    'up{job="ai-agent"}': "1x60",
    'ai_agent_http_request_seconds_count{status="503"}': "0+1x60",
    'ai_agent_http_request_seconds_count{status="200"}': "0+999x60",
    'ai_agent_http_request_seconds_bucket{route="/api/me",le="0.5"}': "0+1000x60",
    'ai_agent_http_request_seconds_bucket{route="/api/me",le="+Inf"}': "0+1000x60",
    'ai_agent_http_request_seconds_bucket{route="/api/chat",le="+Inf"}': "0+1000x60",
    "ai_agent_storage_unavailable_total": "7x60",
    "ai_agent_pool_waiting": "0 9 0 9x20 0x40",
    "ai_agent_pool_free_connections": "1x60",
    'ai_agent_replies_total{outcome="failed"}': "0+1x60",
    'ai_agent_replies_total{outcome="stop"}': "0+99x60",
    'ai_agent_reply_first_delta_seconds_bucket{le="10.0"}': "0+100x60",
    'ai_agent_reply_first_delta_seconds_bucket{le="+Inf"}': "0+100x60",
    "ai_agent_worker_starts_total": "0 8 8 8 8 16x60",
    "ai_agent_workers": "8x60",
    'ai_agent_refused_credentials_total{cause="bad_signature"}': "0+1x60",
    'ai_agent_limits_struck_total{limit="head"}': "0+1x60",
    'ai_agent_log_lines_dropped_total{cause="queue_full"}': "3x60",
}
"""Series of a service that is well."""


def promtool(*arguments: str, given: str | None = None) -> str:
    ended = subprocess.run([str(PROMTOOL), *arguments], input=given, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@with_promtool
def test_promtool_accepts_the_rules() -> None:
    assert "rules found" in promtool("check", "rules", str(RULES))


@with_promtool
def test_promtool_finds_nothing_wrong_with_the_names_of_the_metrics() -> None:
    assert promtool("check", "metrics", given=shown_metrics()) == ""


@with_promtool
def test_the_expressions_of_the_dashboard_are_valid(tmp_path: Path) -> None:
    dashboard = json.loads((ROOT / "docs" / "operations" / "dashboard.json").read_text())
    expressions = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    rules = [
        {"record": f"panel:{number}", "expr": expression.replace("$__rate_interval", "5m")}
        for number, expression in enumerate(expressions)
    ]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))  # JSON is YAML

    assert f"{len(rules)} rules found" in promtool("check", "rules", str(tmp_path / "rules.yml"))


def verdict_on(tmp_path: Path, series: dict[str, str], alert: str) -> subprocess.CompletedProcess[str]:
    """Promtool's verdict on the statement that the alert does not fire after an hour of these series."""
    test = {
        "rule_files": [str(RULES)],
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": name, "values": values} for name, values in series.items()],
                "alert_rule_test": [{"eval_time": "40m", "alertname": alert, "exp_alerts": []}],
            }
        ],
    }
    file = tmp_path / "test.yml"
    file.write_text(json.dumps(test))
    return subprocess.run([str(PROMTOOL), "test", "rules", str(file)], capture_output=True, text=True, check=False)


@with_promtool
@pytest.mark.parametrize("alert", re.findall(r"- alert: (\w+)", RULES.read_text()))
def test_an_alert_fires_on_what_it_is_for_and_not_while_all_is_well(tmp_path: Path, alert: str) -> None:
    quiet, firing = verdict_on(tmp_path, QUIET, alert), verdict_on(tmp_path, FIRING[alert], alert)

    assert quiet.returncode == 0, quiet.stdout + quiet.stderr
    assert firing.returncode == 1
    assert f"alertname: {alert}" in firing.stdout + firing.stderr


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[Callable[[str], list[Any]]]:
    """A Prometheus that reads the target every second; what its answer to a query has."""
    port = free_port()
    configuration = {
        "global": {"scrape_interval": "1s"},
        "scrape_configs": [{"job_name": "ai-agent", "static_configs": [{"targets": [target]}]}],
        "rule_files": [str(RULES)],
    }
    (folder / "prometheus.yml").write_text(json.dumps(configuration))
    command = [
        *(str(PROMETHEUS), f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"),
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:

        def query(expression: str) -> list[Any]:
            try:
                answer = httpx.get(f"http://127.0.0.1:{port}/api/v1/query", params={"query": expression}, timeout=10)
            except httpx.TransportError:
                return []
            return list(answer.json()["data"]["result"]) if answer.is_success else []

        yield query
    finally:
        process.terminate()
        process.wait(20)


@with_prometheus
def test_a_real_prometheus_reads_what_is_shown(tmp_path: Path, client: httpx.Client) -> None:
    client.get("/api/me").raise_for_status()
    port = free_port()
    with (
        endpoint.serving(bind("127.0.0.1", port)),
        prometheus(tmp_path, f"127.0.0.1:{port}") as query,
    ):
        assert eventually(lambda: query('up{job="ai-agent"} == 1') != [], seconds=40)
        assert eventually(lambda: query(f'{REQUESTS.name}_count{{route="/api/me",status="200"}} > 0') != [])
        buckets = query(f'{REQUESTS.name}_bucket{{route="/api/me",status="200",method="GET"}}')
        quantiles = query(f"histogram_quantile(0.99, sum by (le) ({REQUESTS.name}_bucket))")

    assert len(buckets) == len(REQUESTS.bounds) + 1
    assert float(quantiles[0]["value"][1]) > 0
