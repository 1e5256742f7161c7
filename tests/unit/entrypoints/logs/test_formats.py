"""The formats of log lines."""

import json
import logging
import os
import re
import sys
from typing import Any

import pytest

from entrypoints import logs
from entrypoints.logs.formats import JsonFormatter, TextFormatter
from entrypoints.logs.requests import LOGGER, log_request

REQUEST: dict[str, Any] = {
    "request_id": "r-1",
    "method": "GET",
    "route": "/api/conversations/{conversation_id}",
    "status": 200,
    "seconds": 0.01234,
    "user_id": "ann",
    "written": 512,
}


@pytest.fixture
def record(caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    """The record of a request."""
    with caplog.at_level(logging.INFO):
        log_request(**REQUEST)
    return caplog.records[-1]


def test_a_line_is_one_json_object(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("tests.logs").warning("a %s\nof two lines", "message")

    line = JsonFormatter().format(caplog.records[-1])

    assert "\n" not in line
    fields = json.loads(line)
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", fields.pop("time"))
    assert fields == {
        "level": "warning",
        "logger": "tests.logs",
        "message": "a message\nof two lines",
        "pid": os.getpid(),
    }


def test_the_time_of_a_line_is_the_records_in_utc() -> None:
    formatter = JsonFormatter()

    times = [
        json.loads(formatter.format(logging.makeLogRecord({"created": created})))["time"]
        for created in (1.5, 1.75, 86_400.0)
    ]

    assert times == ["1970-01-01T00:00:01.500000Z", "1970-01-01T00:00:01.750000Z", "1970-01-02T00:00:00Z"]


def test_a_trace_is_a_field_of_its_line() -> None:
    try:
        os.environ["NO SUCH VARIABLE"]
    except KeyError:
        record = logging.makeLogRecord({"msg": "failed", "exc_info": sys.exc_info()})

    trace = json.loads(JsonFormatter().format(record))["trace"]

    assert "KeyError" in trace
    assert __file__ in trace


def test_a_request_is_one_line_of_json(record: logging.LogRecord) -> None:
    fields = json.loads(JsonFormatter().format(record))

    del fields["time"]
    assert fields == {
        "level": "info",
        "logger": LOGGER.name,
        "message": "request",
        "pid": os.getpid(),
        "request_id": "r-1",
        "method": "GET",
        "route": "/api/conversations/{conversation_id}",
        "status": 200,
        "duration_ms": 12.3,
        "user_id": "ann",
        "bytes": 512,
    }


def test_a_request_is_one_line_of_text_that_a_person_can_read(record: logging.LogRecord) -> None:
    line = TextFormatter().format(record)

    assert line.endswith(
        f" INFO {LOGGER.name}: GET /api/conversations/{{conversation_id}} 200 request_id=r-1 duration_ms=12.3 "
        "user_id=ann bytes=512"
    )


def test_a_request_that_is_not_to_be_logged_costs_no_record(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        log_request(**REQUEST)

    assert caplog.records == []


@pytest.mark.parametrize(
    ("log_format", "is_terminal", "formatter"),
    [
        ("auto", True, "TextFormatter"),
        ("auto", False, "JsonFormatter"),
        ("json", True, "JsonFormatter"),
        ("text", False, "TextFormatter"),
    ],
)
def test_a_terminal_gets_text_and_all_else_json_unless_one_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, log_format: logs.LogFormat, *, is_terminal: bool, formatter: str
) -> None:
    monkeypatch.setattr(os, "isatty", lambda _: is_terminal)

    configuration = logs.serving(log_format)

    assert configuration["formatters"]["line"] == {"()": f"entrypoints.logs.formats.{formatter}"}
