"""Responses to writes."""

from http import HTTPStatus

import msgspec

from entrypoints.http.responses import JsonResponse, mark


def written[View: msgspec.Struct](view: View, *, replayed: bool) -> JsonResponse[View]:
    """200, as OpenAI has it for what is new, and whether it was given before under the same Idempotency-Key."""
    return JsonResponse(view, status_code=HTTPStatus.OK, headers=mark(replayed=replayed))
