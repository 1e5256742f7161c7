"""One run of the benchmarks: what is measured, of which apps, in which order."""

import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from tests.benchmarks.apps import APPS, RunningApp, running
from tests.benchmarks.database import Server
from tests.benchmarks.dataset import SMALL, Dataset
from tests.benchmarks.fairness import FAIR_APPS, measure_fairness
from tests.benchmarks.measure import Sample, Subject, counts, interleaved, resident_after, shape_of_answer
from tests.benchmarks.observation import measure_observation
from tests.benchmarks.processes import peak_bytes
from tests.benchmarks.report import Ratio, Results
from tests.benchmarks.streams import STREAM_APPS, STREAMS, StreamSample, measure_streams
from tests.benchmarks.workloads import WORKLOADS

_MIB: Final = 1024 * 1024
PARTS: Final = ("observation", "fairness", "streams", "comparison")
"""What can be measured by itself."""
_PACED: Final = ("append", "newest")
"""What is also asked for at a constant rate."""


class Run:
    """One run; what it finds goes into ``results`` at once."""

    def __init__(self, options: Namespace, server: Server, folder: Path, results: Results) -> None:
        self._options = options
        self._server = server
        self._dataset = Dataset.of_rows(options.rows)
        self._folder = folder  # for what the apps log
        self._results = results

    def everything(self) -> None:
        """Measure all that was asked for."""
        if "observation" in self._options.parts:
            self._results.observation = measure_observation(self._options.rounds)
        if "fairness" in self._options.parts:
            self._share()
        if "streams" in self._options.parts:
            self._compare_streams()
        if "comparison" in self._options.parts:
            self._compare_all()

    def _compare_all(self) -> None:
        """Each app under each workload; then what the service costs with more load, data and requests."""
        _say(f"a table of {self._dataset.rows:,} messages")
        url = self._server.filled(self._dataset)
        self._count(url)
        with self._started(self._options.apps, url) as apps:
            self._require_same_answers(apps)
            self._compare(apps)
            self._results.peak_mib = {name: peak_bytes(app.pid) / _MIB for name, app in apps.items()}
            if service := apps.get("service"):
                self._keep_pace(service)
                self._compare_sizes(service)
                self._watch_memory(service)

    def _count(self, url: str) -> None:
        for name in self._options.apps:
            _say(f"round trips of {name}")
            with TemporaryDirectory() as folder:
                workloads = self._workloads(name)
                self._results.counts[name] = counts(APPS[name], workloads, self._dataset, url, Path(folder))

    def _require_same_answers(self, apps: Mapping[str, RunningApp]) -> None:
        """Raise RuntimeError unless all that have the native API answer alike."""
        native = [name for name in apps if APPS[name].builders is None]
        for workload in self._options.workloads if native else []:
            shapes = {name: shape_of_answer(apps[name], workload, self._dataset) for name in native}
            for name in native[1:]:
                if shapes[name] != shapes[native[0]]:
                    raise RuntimeError(f"{workload}: {name} does not answer as {native[0]} does: {shapes}")

    def _compare(self, apps: Mapping[str, RunningApp]) -> None:
        for workload in self._options.workloads:
            _say(WORKLOADS[workload].title)
            subjects = {
                name: Subject(app, workload, self._dataset)
                for name, app in apps.items()
                if workload in app.app.workloads
            }
            self._results.samples[workload] = self._interleaved(subjects)

    def _compare_streams(self) -> None:
        _say(f"{STREAMS} streams at once")
        url = self._server.filled(self._dataset)
        with ExitStack() as stack:
            apps = {
                name: stack.enter_context(running(app, url, self._folder / f"streams-{name}.log"))
                for name, app in STREAM_APPS.items()
            }
            samples: dict[str, list[StreamSample]] = {name: [] for name in apps}
            for _ in range(self._options.rounds):
                for name, app in apps.items():
                    samples[name].append(measure_streams(app, self._dataset, self._server.pid))
        self._results.streams = {name: StreamSample.of(found) for name, found in samples.items()}

    def _share(self) -> None:
        _say("one user beside another")
        options, url = self._options, self._server.filled(SMALL)
        with ExitStack() as stack:
            apps = {
                name: stack.enter_context(running(app, url, self._folder / "fairness.log"))
                for name, app in FAIR_APPS.items()
            }
            self._results.fairness = measure_fairness(apps, rounds=options.rounds, seconds=options.seconds * 2)

    def _keep_pace(self, service: RunningApp) -> None:
        """What can be done is found anew each time, as the machine has other things to do as well."""
        for workload in [one for one in _PACED if one in self._options.workloads]:
            _say(f"{WORKLOADS[workload].title}, at half the most it can")
            subject = Subject(service, workload, self._dataset)
            outcomes = []
            for _ in range(self._options.rounds):
                most = subject.measure(self._options.seconds, self._server.pid).rate
                outcomes.append(subject.keep_pace(most / 2, self._options.seconds))
            self._results.at_half[workload] = {
                name: median(getattr(one, name) for one in outcomes) for name in ("rate", "p50", "p99", "slowest")
            }

    def _compare_sizes(self, service: RunningApp) -> None:
        """The long conversation beside ordinary ones, and the large table beside a small one."""
        _say(f"a table of {SMALL.rows:,} messages")
        with self._started(["service"], self._server.filled(SMALL)) as small:
            pairs = {
                "page deep in the long conversation, to the newest of an ordinary one": (
                    Subject(service, "deep", self._dataset, 1),
                    Subject(service, "newest", self._dataset, 1),
                )
            }
            for workload in ("newest", "append", "list", "live"):
                pairs[f"{WORKLOADS[workload].title}: {self._dataset.rows:,} rows, to {SMALL.rows:,}"] = (
                    Subject(service, workload, self._dataset, 1),
                    Subject(small["service"], workload, SMALL, 1),
                )
            for what, pair in pairs.items():
                this, that = self._interleaved(dict(enumerate(pair))).values()
                self._results.flatness.append(Ratio(what=what, this=this, that=that))

    def _watch_memory(self, service: RunningApp) -> None:
        _say(f"memory over {self._options.requests:,} requests")
        tenths = [self._options.requests * tenth // 10 for tenth in range(1, 11)]
        for count, resident in resident_after(service, self._dataset, tenths):
            self._results.resident_mib[count] = resident / _MIB

    def _interleaved[Name](self, subjects: Mapping[Name, Subject]) -> dict[Name, Sample]:
        options = self._options
        return interleaved(subjects, rounds=options.rounds, seconds=options.seconds, database_pid=self._server.pid)

    def _workloads(self, app: str) -> list[str]:
        return [one for one in self._options.workloads if one in APPS[app].workloads]

    @contextmanager
    def _started(self, names: Sequence[str], url: str) -> Iterator[dict[str, RunningApp]]:
        with ExitStack() as stack:
            yield {name: stack.enter_context(running(APPS[name], url, self._folder / f"{name}.log")) for name in names}


def _say(what: str) -> None:
    sys.stderr.write(f"{what}\n")
