"""The cursor of the list of conversations: opaque, and refused when it is damaged or belongs to another list.

It carries a checksum over the owner and the filter. That keeps mistakes out, not people: a cursor that somebody
makes up can only ever point into the list of the one who sends it, as the owner is not in it but in the query.
"""

import base64
import binascii
import hashlib
import struct
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from domain.errors import InvalidCursorError
from domain.identifiers import ConversationId, OwnerId
from domain.pages import ConversationCursor

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PLACE: Final = struct.Struct(">q16s")
_CHECK_SIZE: Final = 8


def encode_cursor(cursor: ConversationCursor, owner_id: OwnerId, *, archived: bool) -> str:
    """The cursor as clients carry it: 43 characters of base64url."""
    microseconds = (cursor.updated_at - _EPOCH) // timedelta(microseconds=1)
    place = _PLACE.pack(microseconds, cursor.conversation_id.bytes)
    return _to_text(place + _check(place, owner_id, archived=archived))


def decode_cursor(text: str, owner_id: OwnerId, *, archived: bool) -> ConversationCursor:
    """The place that it stands for. Raises InvalidCursorError."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    place, check = raw[: _PLACE.size], raw[_PLACE.size :]
    if _to_text(raw) != text or check != _check(place, owner_id, archived=archived):
        raise _invalid()
    microseconds, identifier = _PLACE.unpack(place)
    try:
        updated_at = _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:  # made up with the right checksum
        raise _invalid() from None
    return ConversationCursor(updated_at, ConversationId(UUID(bytes=identifier)))


def _invalid() -> InvalidCursorError:
    return InvalidCursorError("cursor", "must be the next_cursor of this same list")


def _to_text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _check(place: bytes, owner_id: OwnerId, *, archived: bool) -> bytes:
    scope = b"%d%s" % (archived, owner_id.encode())
    return hashlib.blake2b(place + scope, digest_size=_CHECK_SIZE, person=b"ai-agent cursor").digest()
