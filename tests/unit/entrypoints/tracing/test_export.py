"""Spans that can't be exported are told of, seldom, and without what the exporter says."""

import logging
from collections.abc import Sequence
from typing import override

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from entrypoints.tracing.export import TellingExporter

SECRET = "Bearer of-the-collector"


class BrokenExporter(SpanExporter):
    """Raises what it is given, or else fails as exporters should."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error

    @override
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._error is not None:
            raise self._error
        return SpanExportResult.FAILURE


@pytest.mark.parametrize("error", [None, ValueError(f"authorization: {SECRET}")])
def test_lost_spans_are_told_of_once_a_minute_without_secrets(
    error: Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    times = [0.0, 5.0, 59.0, 60.0, 61.0, 119.0]
    exporter = TellingExporter(BrokenExporter(error), iter(times).__next__)
    spans = [ReadableSpan("one"), ReadableSpan("another")]

    for _ in times:
        assert exporter.export(spans) is SpanExportResult.FAILURE

    assert [message.split()[0] for message in caplog.messages] == ["2", "6"]
    assert SECRET not in caplog.text
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
