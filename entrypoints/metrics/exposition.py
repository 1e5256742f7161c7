"""The exposition: the metrics of this process in the families of Prometheus' client library."""

from collections.abc import Iterator
from itertools import accumulate
from typing import override

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from entrypoints.metrics.catalogue import COUNTERS, GAUGES, HISTOGRAMS
from entrypoints.metrics.series import Histogram


class Exposition(Collector):
    """All metrics of the catalogue, as they are now."""

    @override
    def collect(self) -> Iterator[Metric]:
        for counter in COUNTERS:
            counted = CounterMetricFamily(counter.name, counter.description, labels=counter.labels)
            for labels, (value,) in [*counter.series.items()]:  # a copy, as others go on counting
                counted.add_metric(labels, value)
            yield counted
        for histogram in HISTOGRAMS:
            yield _observed(histogram)
        for gauge in GAUGES:
            yield GaugeMetricFamily(gauge.name, gauge.description, gauge.value)


def _observed(histogram: Histogram) -> Metric:
    family = HistogramMetricFamily(histogram.name, histogram.description, labels=histogram.labels)
    bounds = [*map(str, map(float, histogram.bounds)), "+Inf"]
    for labels, (total, *counts) in [*histogram.series.items()]:
        family.add_metric(labels, [*zip(bounds, accumulate(counts), strict=True)], total)
    return family
