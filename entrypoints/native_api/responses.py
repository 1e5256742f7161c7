"""Responses of the native API: a view with its Location, its ETag, and whether it was given before."""

from http import HTTPStatus
from typing import Any

import msgspec

from domain.conversation import Conversation
from entrypoints.http.responses import JsonResponse, mark


def etag_seq(conversation: Conversation) -> int | None:
    """What a conversation's ETag is made of; None while a reply runs, whose message changes without a new seq."""
    return conversation.last_seq if conversation.reply_seq is None else None


def created[View: msgspec.Struct](
    view: View, *, replayed: bool, location: str | None = None, last_seq: int | None = None
) -> JsonResponse[View]:
    """201, with the new thing's Location, and the ETag of the conversation."""
    headers = {"Location": location} if location else {}
    return JsonResponse(
        view, status_code=HTTPStatus.CREATED, headers=headers | _etag(last_seq) | mark(replayed=replayed)
    )


def done[View: msgspec.Struct](
    view: View, *, replayed: bool = False, last_seq: int | None = None
) -> JsonResponse[View]:
    """200, with the ETag of the conversation if it is the body."""
    return JsonResponse(view, status_code=HTTPStatus.OK, headers=_etag(last_seq) | mark(replayed=replayed))


def accepted[View: msgspec.Struct](view: View, *, replayed: bool, location: str) -> JsonResponse[View]:
    """202: what was asked for goes on, and is found at the location."""
    return JsonResponse(view, status_code=HTTPStatus.ACCEPTED, headers={"Location": location} | mark(replayed=replayed))


def nothing() -> JsonResponse[Any]:
    """204."""
    return JsonResponse(None, status_code=HTTPStatus.NO_CONTENT)


def _etag(last_seq: int | None) -> dict[str, str]:
    """A conversation's entity tag: it changes with every append, and only then."""
    return {} if last_seq is None else {"ETag": f'"{last_seq}"'}
