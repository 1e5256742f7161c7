"""Series: counters, histograms and gauges, as plain numbers, since a request pays for each of them."""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import add
from typing import Final

type Labels = tuple[str, ...]
type Numbers = list[float]


class Counter:
    """A count of what happened, by the values of its labels; there must be few of them."""

    def __init__(self, name: str, description: str, labels: Sequence[str] = (), known: Iterable[str] = ()) -> None:
        """``known``: values of the one label; they are shown as 0 until they are counted."""
        self.name: Final = name
        self.description: Final = description
        self.labels: Final = tuple(labels)
        self.series: dict[Labels, Numbers] = {(value,): [0] for value in known} if labels else {(): [0]}

    def count(self, *labels: str, by: float = 1) -> None:
        """Count one more, or ``by`` more."""
        numbers = self.series.get(labels)
        if numbers is None:
            numbers = self.series[labels] = [0]
        numbers[0] += by

    def grow(self, labels: Labels, by: Numbers) -> None:
        """Add what another process has counted."""
        self.count(*labels, by=by[0])


class Histogram:
    """How long something took, in seconds: the sum, and how often it fell below each of the bounds, or above all."""

    def __init__(self, name: str, description: str, labels: Sequence[str] = (), *, bounds: Sequence[float]) -> None:
        self.name: Final = name
        self.description: Final = description
        self.labels: Final = tuple(labels)
        self.bounds: Final = tuple(bounds)
        self._zero: Final = [0.0] * (len(bounds) + 2)
        self.series: dict[Labels, Numbers] = {} if labels else {(): [*self._zero]}

    def observe(self, seconds: float, *labels: str) -> None:
        """Count one more."""
        numbers = self.series.get(labels)
        if numbers is None:
            numbers = self.series[labels] = [*self._zero]
        numbers[0] += seconds
        numbers[bisect_left(self.bounds, seconds) + 1] += 1

    def grow(self, labels: Labels, by: Numbers) -> None:
        """Add what another process has observed."""
        self.series[labels] = [*map(add, self.series.get(labels, self._zero), by)]


class Gauge:
    """A state, which is asked for when it is wanted: the sum of what its sources say."""

    def __init__(self, name: str, description: str) -> None:
        self.name: Final = name
        self.description: Final = description
        self._sources: list[Callable[[], float]] = []
        self._raised = 0

    @property
    def value(self) -> float:
        """The state now."""
        return self._raised + sum(source() for source in self._sources)

    @contextmanager
    def raised(self) -> Iterator[None]:
        """One more, until the end."""
        self._raised += 1
        try:
            yield
        finally:
            self._raised -= 1

    @contextmanager
    def told_by(self, source: Callable[[], float]) -> Iterator[None]:
        """Ask this source too, until the end."""
        self._sources.append(source)
        try:
            yield
        finally:
            self._sources.remove(source)
