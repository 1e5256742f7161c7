"""Chat Completions of servers that are not OpenAI's: the end of a stream is checked, and calls are told apart."""

from dataclasses import replace
from typing import Any, Final, Literal, Self, override

from agents import ModelBehaviorError, OpenAIChatCompletionsModel
from openai import AsyncStream
from openai.types.chat import ChatCompletionChunk
from openai.types.chat.chat_completion_chunk import ChoiceDeltaToolCall
from openai.types.responses import Response
from openai.types.responses.response import IncompleteDetails

from adapters.openai_agents.call_ids import CallIds

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
        ids = CallIds()
        for item in () if isinstance(args[1], str) else args[1]:
            if item.get("type") == "function_call":
                ids.take(item["call_id"])
        return response, _CheckedStream(response, stream, ids)


class _CheckedStream:
    """A stream of chunks that notes in the response why it ended, and whose calls have ids of their own."""

    def __init__(self, response: Response, stream: AsyncStream[ChatCompletionChunk], ids: CallIds) -> None:
        self.response = stream.response
        self._noted = response
        self._stream = stream
        self._reason: str | None = None
        self._ids = ids
        self._given: dict[int, str] = {}

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ChatCompletionChunk:
        try:
            chunk = await anext(self._stream)
        except StopAsyncIteration:
            self._note_the_end()
            raise
        for choice in chunk.choices:
            self._reason = choice.finish_reason or self._reason
            for call in getattr(choice.delta, "tool_calls", None) or ():  # some servers end with a delta that is null
                self._name(call)
        return chunk

    async def close(self) -> None:
        await self._stream.close()

    def _name(self, call: ChoiceDeltaToolCall) -> None:
        if call.id and call.index not in self._given:
            self._given[call.index] = self._ids.take(call.id)
        if call.id:
            call.id = self._given[call.index]

    def _note_the_end(self) -> None:
        if self._reason is None:
            raise ModelBehaviorError("The stream ended without a finish_reason")
        if reason := _DETAILS.get(self._reason):
            self._noted.incomplete_details = IncompleteDetails(reason=reason)
