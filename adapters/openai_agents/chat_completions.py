"""Chat Completions whose end is known: a stream that stops without a reason for it has failed."""

from dataclasses import replace
from typing import Any, Final, Literal, Self, override

from agents import ModelBehaviorError, OpenAIChatCompletionsModel
from openai import AsyncStream
from openai.types.chat import ChatCompletionChunk
from openai.types.responses import Response
from openai.types.responses.response import IncompleteDetails

_DETAILS: Final[dict[str, Literal["max_output_tokens", "content_filter"]]] = {
    "length": "max_output_tokens",
    "content_filter": "content_filter",
}


class CheckedChatCompletionsModel(OpenAIChatCompletionsModel):
    """The SDK's model, which takes a stream that is cut off for whole and forgets the reason why a stream ended.

    A reason other than the usual ones is told as Responses tell it, in ``incomplete_details``.
    """

    @override
    async def _fetch_response(self, *args: Any, **options: Any) -> Any:
        settings = args[2]
        if settings.include_usage is None:  # servers that are not OpenAI's tell the counts of tokens only when asked
            args = (*args[:2], replace(settings, include_usage=True), *args[3:])
        fetched = await super()._fetch_response(*args, **options)
        if not isinstance(fetched, tuple):
            return fetched
        response, stream = fetched
        return response, _CheckedStream(response, stream)


class _CheckedStream:
    """A stream of chunks that notes in the response why it ended."""

    def __init__(self, response: Response, stream: AsyncStream[ChatCompletionChunk]) -> None:
        self.response = stream.response
        self._noted = response
        self._stream = stream
        self._reason: str | None = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ChatCompletionChunk:
        try:
            chunk = await anext(self._stream)
        except StopAsyncIteration:
            self._note_the_end()
            raise
        self._reason = next((choice.finish_reason for choice in chunk.choices if choice.finish_reason), self._reason)
        return chunk

    async def close(self) -> None:
        await self._stream.close()

    def _note_the_end(self) -> None:
        if self._reason is None:
            raise ModelBehaviorError("The stream ended without a finish_reason")
        if reason := _DETAILS.get(self._reason):
            self._noted.incomplete_details = IncompleteDetails(reason=reason)
