"""The routes of the API that OpenAI's clients speak, below /v1."""

from typing import Final

from litestar import Router
from litestar.types import ControllerRouterHandler

from entrypoints.openai_api.completions import completions_router
from entrypoints.openai_api.conversation_items import ItemController
from entrypoints.openai_api.conversations import ConversationController
from entrypoints.openai_api.errors import OPENAI_ERRORS
from entrypoints.openai_api.model_responses import responses_router
from entrypoints.openai_api.models import models_router, name_of

OPENAI_PATH: Final = "/v1"


def openai_router(responder: str) -> Router:
    """All routes; ``responder`` is what answers."""
    model = name_of(responder)
    handlers: list[ControllerRouterHandler] = [ConversationController, ItemController]
    handlers += [responses_router(model), completions_router(model), models_router(model)]
    return Router(OPENAI_PATH, route_handlers=handlers, exception_handlers=OPENAI_ERRORS.handlers)
