"""Answers with what belongs into their headers: Location, ETag, whether they were given before."""

import msgspec
from litestar import Response
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED


def created[View: msgspec.Struct](
    view: View, *, replayed: bool, location: str | None = None, last_seq: int | None = None
) -> Response[View]:
    """201, with the new thing's Location, and the ETag of the conversation."""
    headers = {"Location": location} if location else {}
    return Response(view, status_code=HTTP_201_CREATED, headers=headers | _etag(last_seq) | _mark(replayed=replayed))


def done[View: msgspec.Struct](view: View, *, replayed: bool = False, last_seq: int | None = None) -> Response[View]:
    """200, with the ETag of the conversation if it is the answer."""
    return Response(view, status_code=HTTP_200_OK, headers=_etag(last_seq) | _mark(replayed=replayed))


def _etag(last_seq: int | None) -> dict[str, str]:
    """A conversation's entity tag: it changes with every append, and only then."""
    return {} if last_seq is None else {"ETag": f'"{last_seq}"'}


def _mark(*, replayed: bool) -> dict[str, str]:
    return {"Idempotent-Replayed": "true"} if replayed else {}
