"""Models: what answers, by the name under which it is asked."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Literal

import msgspec
from litestar import Router, get
from litestar.params import FromPath

from domain.errors import NotFoundError
from entrypoints.http.errors import RequestError


class ModelView(msgspec.Struct, frozen=True):
    """A model. OpenAI's has the time of its creation, in seconds; a responder has none."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "ai-agent"


class ModelsView(msgspec.Struct, frozen=True):
    """All models."""

    data: Sequence[ModelView]
    object: Literal["list"] = "list"


def name_of(responder: str) -> str:
    """The model's name is the responder's kind: its further words say where the agent is, for the operator."""
    return responder.partition(":")[0]


def require_model(named: str | None, model: str) -> None:
    """Raise RequestError if another model than this one is named."""
    if named not in {None, model}:
        raise RequestError(HTTPStatus.NOT_FOUND, "model_not_found", "There is no such model.")


def models_router(model: str) -> Router:
    """The routes of the one model that there is."""
    served = ModelView(model)

    @get()
    async def list_models() -> ModelsView:
        return ModelsView([served])

    @get("/{model:str}")
    async def retrieve_model(model: FromPath[str]) -> ModelView:
        if model != served.id:
            raise NotFoundError
        return served

    return Router("/models", route_handlers=[list_models, retrieve_model])
