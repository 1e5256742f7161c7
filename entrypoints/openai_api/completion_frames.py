"""Frames of a chat completion: its chunks as server-sent events, without names, and a last one that says so."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final

import msgspec

from domain.errors import ResponderFailedError
from domain.reply_events import ReplyEvent
from entrypoints.openai_api.completion_views import Completion, CompletionHead
from entrypoints.openai_api.errors import ErrorEnvelope, ErrorView

_encode = msgspec.json.Encoder().encode
_DONE: Final = b"data: [DONE]\n\n"


async def completion_frames(
    told: AsyncGenerator[ReplyEvent, None], head: CompletionHead, *, has_usage: bool
) -> AsyncGenerator[bytes, None]:
    """The frames; ``has_usage``: the last chunk has the tokens, if they are counted. A failure is told by an error."""
    completion, shared = Completion(), {**head.view("chat.completion.chunk")}
    if has_usage:
        shared["usage"] = None

    def chunk(delta: Mapping[str, Any], finish_reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _frame({**shared, "choices": [choice]})

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    async with aclosing(told):
        try:
            async for event in told:
                if text := completion.add(event):
                    yield chunk({"content": text})
        except ResponderFailedError as error:
            yield _frame(ErrorEnvelope(ErrorView(str(error), "server_error", None, error.code)))
            return
    if calls := completion.tool_calls:
        yield chunk({"tool_calls": [{"index": index, **call} for index, call in enumerate(calls)]})
    yield chunk({}, completion.finish_reason)
    if has_usage and completion.usage:
        yield _frame({**shared, "choices": [], "usage": completion.usage})
    yield _DONE


def _frame(view: Any) -> bytes:
    return b"data: %b\n\n" % _encode(view)
