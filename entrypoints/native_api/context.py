"""The context of a model, over HTTP."""

from http import HTTPStatus
from typing import Annotated

from litestar import get
from litestar.params import FromPath, QueryParameter

from domain.model_context import DEFAULT_MESSAGES, DEFAULT_TOKENS, MAX_MESSAGES, MAX_TOKENS, ContextBudget
from entrypoints.http.request import ApiRequest
from entrypoints.native_api.documented import documented
from entrypoints.native_api.identifiers import require_conversation_id
from entrypoints.native_api.views import ContextView


@get(
    "/conversations/{conversation_id:str}/context",
    tags=["Messages"],
    summary="Read the context for a model",
    operation_id="getContext",
    opt=documented(HTTPStatus.NOT_FOUND),
)
async def context(
    request: ApiRequest,
    conversation_id: FromPath[str],
    max_messages: Annotated[int, QueryParameter(ge=1, le=MAX_MESSAGES)] = DEFAULT_MESSAGES,
    max_tokens: Annotated[
        int, QueryParameter(ge=1, le=MAX_TOKENS, description="As the service estimates them.")
    ] = DEFAULT_TOKENS,
) -> ContextView:
    """Read the newest messages that fit, as Chat Completions take them.

    The system and developer messages with which the conversation begins come first. Each tool call is followed by its
    result; a call that has none is closed by a result that says so. A reply that still runs is left out. The beginning
    moves in steps, so that a provider's prompt cache keeps hitting. A budget that does not hold the newest message is
    refused with the code `budget_too_small`.
    """
    request.require_plain_query()
    budget = ContextBudget(max_messages=max_messages, max_tokens=max_tokens)
    found = await request.application.read_context(request.principal, require_conversation_id(conversation_id), budget)
    return ContextView.of(found)
