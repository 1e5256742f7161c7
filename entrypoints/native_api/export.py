"""Export: everything that the caller has, as NDJSON."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from litestar import Response, get

from domain.conversation import Conversation
from domain.identifiers import OwnerId
from domain.message import Message
from entrypoints.http.request import ApiRequest
from entrypoints.http.responses import StreamedResponse
from entrypoints.interchange.writing import MEDIA_TYPE, ExportWriter

type _Entries = AsyncGenerator[Conversation | Message, None]

_PIECE: Final = 64 * 1024


@get("/export", media_type=MEDIA_TYPE, tags=["Session"], summary="Export everything of mine", operation_id="export")
async def export(request: ApiRequest) -> Response[bytes]:
    """Get all conversations with all messages as NDJSON, a JSON object a line, told apart by their `type`.

    The first line has the type `export`, the last one `end`; between them each `conversation` by its id, and after it
    its `message`s by their `seq`. Without the last line it is not complete. Each conversation is as it was at one
    instant; they are read one after the other. One export at a time, for 10 minutes at most.
    """
    entries = request.application.export_owner(request.principal)
    first = await anext(entries, None)  # what fails here is answered as an error
    pieces = _pieces(request.principal.owner_id, first, entries)
    headers = {"Content-Disposition": 'attachment; filename="export.ndjson"'}
    return StreamedResponse(pieces, media_type=MEDIA_TYPE, headers=headers)  # type: ignore[return-value]  # documented as its bytes


async def _pieces(
    owner_id: OwnerId, first: Conversation | Message | None, entries: _Entries
) -> AsyncGenerator[bytes, None]:
    """The lines, in pieces of 64 KiB or one line."""
    writer = ExportWriter()
    piece = bytearray(writer.first(owner_id))
    async with aclosing(entries):
        if first is not None:
            piece += writer.entry(first)
        async for entry in entries:
            piece += writer.entry(entry)
            if len(piece) >= _PIECE:
                yield bytes(piece)
                piece.clear()
    yield bytes(piece + writer.last())
