"""The frames of a reply, as server-sent events of the AI SDK's UI message stream."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from domain.identifiers import ConversationId
from domain.reply_events import ReplyEvent, ReplyFinished
from entrypoints.native_api.ui_chunks import Chunk, UIChunks

HEADERS: Final[Mapping[str, str]] = {"X-Vercel-AI-UI-Message-Stream": "v1"}
"""What a response with such a body says of it."""

_EVENT_ID: Final = re.compile(r"([0-9]{1,18})-([0-9]{1,18})", re.ASCII)
_DONE: Final = b"id:\ndata: [DONE]\n\n"
"""The end. Its empty id makes a client forget the last one: an EventSource that connects again asks for no rest."""
_encode = msgspec.json.Encoder().encode


class UIMessageStream:
    """Renders one reply. Each frame has the id ``<seq of the reply>-<number>``, counted from 1.

    A reply is always rendered from its first event. ``last_event_id`` is that of the last frame that the client has
    (``Last-Event-ID``): it and those before it are left out. An id of another reply, or of none, leaves out nothing.
    """

    def __init__(self, conversation_id: ConversationId, seq: int, *, last_event_id: str | None = None) -> None:
        """``seq`` is that of the reply's first message."""
        self._chunks = UIChunks(conversation_id, seq)
        self._seq = seq
        self._known = _known_frames(seq, last_event_id or "")
        self._number = 0

    def begin(self) -> bytes:
        """The frames before the first event."""
        return self._frames(self._chunks.begin())

    def render(self, event: ReplyEvent) -> bytes:
        """The frames of the next event; the last event's end with ``[DONE]``."""
        frames = self._frames(self._chunks.add(event))
        return frames + _DONE if isinstance(event, ReplyFinished) else frames

    def _frames(self, chunks: Iterable[Chunk]) -> bytes:
        return b"".join([self._frame(chunk) for chunk in chunks])

    def _frame(self, chunk: Chunk) -> bytes:
        self._number += 1
        if self._number <= self._known:
            return b""
        return b"id: %d-%d\ndata: %b\n\n" % (self._seq, self._number, _encode(chunk))


def reply_seq_of(last_event_id: str | None) -> int | None:
    """The seq of the reply whose frame has this id; None for any other text."""
    match = _EVENT_ID.fullmatch(last_event_id or "")
    return int(match[1]) if match else None


def _known_frames(seq: int, last_event_id: str) -> int:
    match = _EVENT_ID.fullmatch(last_event_id)
    return int(match[2]) if match and int(match[1]) == seq else 0
