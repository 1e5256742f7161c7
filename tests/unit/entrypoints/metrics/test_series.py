"""Series, and their exposition in Prometheus' text format."""

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from entrypoints.metrics import exposition
from entrypoints.metrics.series import Counter, Gauge, Histogram


def test_a_counter_counts_by_its_labels() -> None:
    counter = Counter("c_total", "…", ["cause"], known=["never", "often"])

    counter.count("often")
    counter.count("often", by=2)
    counter.count("rarely")

    assert counter.series == {("never",): [0], ("often",): [3], ("rarely",): [1]}


def test_a_counter_without_labels_is_there_before_it_counts() -> None:
    assert Counter("c_total", "…").series == {(): [0]}


@pytest.mark.parametrize(("seconds", "place"), [(0.0, 0), (0.1, 0), (0.11, 1), (1.0, 1), (1.01, 2)])
def test_a_histogram_counts_up_to_each_bound_and_beyond_the_last(seconds: float, place: int) -> None:
    histogram = Histogram("h_seconds", "…", bounds=(0.1, 1))

    histogram.observe(seconds)

    ((total, *counts),) = histogram.series.values()
    assert total == seconds
    assert counts == [int(place == one) for one in range(3)]


def test_a_gauge_is_the_sum_of_its_sources_while_they_last() -> None:
    gauge = Gauge("g", "…")

    with gauge.told_by(lambda: 2), gauge.told_by(lambda: 3), gauge.raised():
        inside = gauge.value

    assert (inside, gauge.value) == (6, 0)


def test_what_is_shown_can_be_read_by_the_library_of_prometheus(monkeypatch: pytest.MonkeyPatch) -> None:
    counter = Counter("c_total", "What\nis counted.", ["cause"])
    counter.count('odd "\\\n')
    histogram = Histogram("h_seconds", "…", ["route"], bounds=(0.1, 1))
    for seconds in (0.0625, 0.5, 0.5, 7):
        histogram.observe(seconds, "/a")
    gauge = Gauge("g", "…")
    monkeypatch.setattr(exposition, "COUNTERS", (counter,))
    monkeypatch.setattr(exposition, "HISTOGRAMS", (histogram,))
    monkeypatch.setattr(exposition, "GAUGES", (gauge,))
    registry = CollectorRegistry()
    registry.register(exposition.Exposition())

    with gauge.told_by(lambda: 4):
        text = generate_latest(registry).decode()

    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    assert [(one.name, one.labels, one.value) for one in samples] == [
        ("c_total", {"cause": 'odd "\\\n'}, 1),
        ("h_seconds_bucket", {"route": "/a", "le": "0.1"}, 1),
        ("h_seconds_bucket", {"route": "/a", "le": "1.0"}, 3),
        ("h_seconds_bucket", {"route": "/a", "le": "+Inf"}, 4),
        ("h_seconds_count", {"route": "/a"}, 4),
        ("h_seconds_sum", {"route": "/a"}, 8.0625),
        ("g", {}, 4),
    ]
