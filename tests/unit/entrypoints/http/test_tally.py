"""The tally: it logs in the words of whoever counts."""

import logging

import pytest

from entrypoints.http import errors
from entrypoints.http.tally import Tally

LOG = logging.getLogger("tests.tally")


@pytest.mark.parametrize("event", ["Refused", "Storage unavailable"])
def test_the_log_says_what_is_counted(caplog: pytest.LogCaptureFixture, event: str) -> None:
    tally = Tally(LOG, event, clock=lambda: 0.0)

    for _ in range(3):
        tally.count("a cause")

    assert caplog.messages == [f"{event} {count} time(s) since the last quiet minute: a cause" for count in (1, 2)]


def test_an_outage_is_not_logged_as_a_refusal(caplog: pytest.LogCaptureFixture) -> None:
    errors._outages.count("an outage of this test")

    assert caplog.messages == ["Storage unavailable 1 time(s) since the last quiet minute: an outage of this test"]


def test_what_comes_back_after_a_quiet_minute_is_logged_as_the_first_time(caplog: pytest.LogCaptureFixture) -> None:
    tally = Tally(LOG, "Refused", clock=iter((0.0, 1.0, 2.0, 61.0, 121.0)).__next__)

    for _ in range(5):
        tally.count("a cause")

    assert [message.split()[1] for message in caplog.messages] == ["1", "2", "4", "1"]
