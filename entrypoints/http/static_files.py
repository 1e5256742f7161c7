"""Static files: each is kept in memory as it is and compressed, and sent again only if it has changed."""

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, Self

from litestar import Response

from entrypoints.http.credentials import RawHeaders, values_of

_GZIP: Final = re.compile(r"(?:^|[,\s])(?:gzip|\*)(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)
_REVALIDATED: Final = "no-cache"  # kept, but asked for again: the files of one release stay together


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticFile:
    """A file as it is sent; ``compressed`` is None where that saves nothing. Its ETag follows from its content."""

    media_type: str
    content: bytes
    compressed: bytes | None
    etag: str

    @classmethod
    def of(cls, content: bytes, media_type: str) -> Self:
        """The file of this content."""
        compressed = gzip.compress(content, mtime=0)
        return cls(
            media_type=media_type,
            content=content,
            compressed=compressed if len(compressed) < len(content) else None,
            etag=hashlib.sha256(content).hexdigest()[:32],
        )

    def response(self, request_headers: RawHeaders, headers: Mapping[str, str] | None = None) -> Response[bytes]:
        """200 with the file, or 304 if the client has it; ``headers`` come besides its own."""
        accepted = ",".join(values_of(request_headers, b"accept-encoding"))
        is_compressed = self.compressed is not None and bool(_GZIP.search(accepted))
        etag = f'"{self.etag}-gzip"' if is_compressed else f'"{self.etag}"'  # one for each representation (RFC 9110)
        own = {"ETag": etag, "Cache-Control": _REVALIDATED, "Vary": "Accept-Encoding", **(headers or {})}
        known = {
            one.strip().removeprefix("W/") for one in ",".join(values_of(request_headers, b"if-none-match")).split(",")
        }
        if known & {etag, "*"}:
            return Response(b"", status_code=HTTPStatus.NOT_MODIFIED, media_type=self.media_type, headers=own)
        if is_compressed and self.compressed is not None:
            return Response(self.compressed, media_type=self.media_type, headers={**own, "Content-Encoding": "gzip"})
        return Response(self.content, media_type=self.media_type, headers=own)
