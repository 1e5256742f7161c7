"""Metrics as Prometheus would read them."""

from collections.abc import Callable, Mapping
from typing import Self

import httpx
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from entrypoints.metrics.exposition import Exposition
from tests.support.waiting import eventually


def shown_metrics() -> str:
    """What this process would show."""
    registry = CollectorRegistry()
    registry.register(Exposition())
    return generate_latest(registry).decode()


class Samples:
    """All samples of one moment."""

    def __init__(self, text: str) -> None:
        families = text_string_to_metric_families(text)
        self._values = {
            (one.name, *sorted(one.labels.items())): one.value for family in families for one in family.samples
        }

    @classmethod
    def here(cls) -> Self:
        """Those of this process."""
        return cls(shown_metrics())

    @classmethod
    def at(cls, port: int) -> Self:
        """Those that a service shows."""
        return cls(httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=30).raise_for_status().text)

    def value(self, name: str, labels: Mapping[str, str] | None = None) -> float:
        """One of them; 0 if it is not there."""
        return self._values.get((name, *sorted((labels or {}).items())), 0)

    def total(self, name: str) -> float:
        """The sum of all that have this name."""
        return sum(value for key, value in self._values.items() if key[0] == name)

    def decreased_since(self, earlier: Self) -> set[str]:
        """The names of counts that have gone back."""
        return {
            str(key[0])
            for key, value in earlier._values.items()
            if str(key[0]).endswith(("_total", "_count", "_bucket", "_sum")) and self._values.get(key, 0) < value
        }


class Growth:
    """How much the metrics of this process grow from now on."""

    def __init__(self) -> None:
        self._before = Samples.here()

    def __call__(self, name: str, **labels: str) -> float:
        """How much a sample has grown."""
        return Samples.here().value(name, labels) - self._before.value(name, labels)

    def reaches(self, most: float, name: str, **labels: str) -> Callable[[], bool]:
        """Whether a sample has grown by this; a request is counted when its response has left."""
        return lambda: self(name, **labels) == most

    def is_soon(self, most: float, name: str, **labels: str) -> bool:
        """Whether a sample grows by this in time."""
        return eventually(self.reaches(most, name, **labels))
