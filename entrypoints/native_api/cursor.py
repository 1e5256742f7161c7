"""The cursor of the list of conversations: opaque to clients, and refused if it is damaged or of another list.

A checksum covers the owner and the filter. It finds mistakes; it is no protection, and need not be one. The owner is
not in the cursor but in the query: a forged cursor points into the list of whoever sends it.
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
    """The place in the list that the cursor means. Raises InvalidCursorError."""
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
