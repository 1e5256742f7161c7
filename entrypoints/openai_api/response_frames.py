"""Frames of a response's events: server-sent events, numbered from 0."""

from collections.abc import Iterable

import msgspec

from entrypoints.openai_api.response_events import Event

_encode = msgspec.json.Encoder().encode


class ResponseFrames:
    """Numbers the events of one response, from the first one on; those up to the number ``after`` are left out."""

    def __init__(self, after: int | None = None) -> None:
        self._known = -1 if after is None else after
        self._number = -1

    def of(self, events: Iterable[Event]) -> bytes:
        """The frames of the next events."""
        return b"".join([self._frame(event) for event in events])

    def _frame(self, event: Event) -> bytes:
        self._number += 1
        if self._number <= self._known:
            return b""
        return b"event: %b\ndata: %b\n\n" % (
            event["type"].encode(),
            _encode({**event, "sequence_number": self._number}),
        )
