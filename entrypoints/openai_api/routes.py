"""The routes of the API that OpenAI's clients speak, below /v1."""

from typing import Final

from litestar import Router

from entrypoints.openai_api.conversation_items import ItemController
from entrypoints.openai_api.conversations import ConversationController
from entrypoints.openai_api.errors import OPENAI_ERRORS
from entrypoints.openai_api.models import models_router

OPENAI_PATH: Final = "/v1"


def openai_router(responder: str) -> Router:
    """All routes; ``responder`` is what answers."""
    return Router(
        OPENAI_PATH,
        route_handlers=[ConversationController, ItemController, models_router(responder)],
        exception_handlers=OPENAI_ERRORS.handlers,
    )
