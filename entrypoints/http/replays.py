"""Answers to requests that may have been answered before."""

import msgspec
from litestar import Response
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED


def created[View: msgspec.Struct](view: View, *, replayed: bool, location: str | None = None) -> Response[View]:
    """201, with the new thing's Location."""
    headers = {"Location": location} if location else {}
    return Response(view, status_code=HTTP_201_CREATED, headers=headers | _mark(replayed=replayed))


def done[View: msgspec.Struct](view: View, *, replayed: bool) -> Response[View]:
    """200."""
    return Response(view, status_code=HTTP_200_OK, headers=_mark(replayed=replayed))


def _mark(*, replayed: bool) -> dict[str, str]:
    return {"Idempotent-Replayed": "true"} if replayed else {}
