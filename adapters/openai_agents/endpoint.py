"""The endpoint: where the models of a deployment are, and how they are spoken to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, override

from agents import Model, ModelProvider, OpenAIResponsesModel
from agents.models.default_models import get_default_model
from openai import AsyncOpenAI, DefaultAsyncHttpxClient

from adapters.openai_agents.chat_completions import CheckedChatCompletionsModel

_OPENAI: Final = "https://api.openai.com"


class WireApi(StrEnum):
    """The two APIs by which OpenAI's models and those of others are called."""

    RESPONSES = "responses"
    CHAT_COMPLETIONS = "chat_completions"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSettings:
    """An endpoint that speaks OpenAI's wire; without a ``base_url`` it is OpenAI's own.

    ``model``: the model of agents that name none. ``wire_api``: None is Responses at OpenAI, and
    Chat Completions elsewhere.
    """

    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    model: str | None = None
    wire_api: WireApi | None = None


class Endpoint(ModelProvider):
    """The models of an endpoint, by their names as they are given. It holds connections, which ``aclose`` closes."""

    def __init__(self, settings: EndpointSettings, headers: Callable[[], Mapping[str, str]] | None = None) -> None:
        """``headers``: what each request has in its head when it is sent, beside the client's own."""
        self._settings = settings
        self._headers = headers
        self._opened: AsyncOpenAI | None = None

    @override
    def get_model(self, model_name: str | None) -> Model:
        name = model_name or self._settings.model or get_default_model()
        usual = WireApi.RESPONSES if self._base_url.startswith(_OPENAI) else WireApi.CHAT_COMPLETIONS
        if (self._settings.wire_api or usual) is WireApi.RESPONSES:
            return OpenAIResponsesModel(name, self._client)
        return CheckedChatCompletionsModel(name, self._client)

    @override
    async def aclose(self) -> None:
        if self._opened is not None:
            await self._opened.close()
            self._opened = None

    @property
    def _client(self) -> AsyncOpenAI:
        """Made when the first model is asked for: an agent that brings its own model needs no key here."""
        if self._opened is None:
            # A server without keys ignores what it is sent, but the client insists on sending one.
            key = self._settings.api_key or ("none" if self._settings.base_url else None)
            self._opened = AsyncOpenAI(api_key=key, base_url=self._base_url, http_client=self._http_client())
        return self._opened

    def _http_client(self) -> DefaultAsyncHttpxClient | None:
        """One that adds the headers; None, which is the client's own, where there are none to add."""
        headers = self._headers
        if headers is None:
            return None

        async def add_headers(request: Any) -> None:
            request.headers.update(headers())

        return DefaultAsyncHttpxClient(event_hooks={"request": [add_headers]})

    @property
    def _base_url(self) -> str:
        return self._settings.base_url or f"{_OPENAI}/v1"
