"""The frames that OpenAI's two APIs stream for one answer of a model."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Final

type Call = tuple[str, str, str]
"""The id of a call, the function's name, the arguments."""


class End(Enum):
    """How the stream of an answer ends."""

    WHOLE = auto()
    """As it should."""
    CLOSED = auto()
    """Without its last frames, as behind a proxy that has lost its server."""
    CUT = auto()
    """In the middle of the body, whose length the headers tell."""
    SILENT = auto()
    """Never: nothing comes any more."""
    ENDLESS = auto()
    """Never: it goes on and on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a model answers: texts, or calls, or both; or an HTTP status instead."""

    texts: Sequence[str] = ()
    calls: Sequence[Call] = ()
    reason: str | None = None
    """``length`` or ``content_filter``, if it is cut."""
    end: End = End.WHOLE
    status: int = 200


_USAGE: Final = {"input": 7, "output": 3}


def chat_frames(answer: Answer, *, has_usage: bool) -> Iterator[bytes]:
    """As Chat Completions, up to where the stream is to break."""
    yield _chunk({"role": "assistant", "content": ""})
    for text in answer.texts:
        yield _chunk({"content": text})
    for index, (call_id, name, arguments) in enumerate(answer.calls):
        first = {"id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
        yield _chunk({"tool_calls": [{"index": index, **first}]})
        for part in _halves(arguments):
            yield _chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    if answer.end is End.WHOLE:
        yield _chunk({}, answer.reason or ("tool_calls" if answer.calls else "stop"))
        counts = {"prompt_tokens": _USAGE["input"], "completion_tokens": _USAGE["output"], "total_tokens": 10}
        if has_usage:
            yield _data({**_CHUNK, "choices": [], "usage": counts})
        yield b"data: [DONE]\n\n"


_CHUNK: Final = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": "stub"}


def _chunk(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
    return _data({**_CHUNK, "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]})


def responses_frames(answer: Answer) -> Iterator[bytes]:
    """As Responses, up to where the stream is to break."""
    events = _response_events(answer)
    for number, event in enumerate(events):
        yield f"event: {event['type']}\n".encode() + _data({**event, "sequence_number": number})


def _response_events(answer: Answer) -> Iterator[dict[str, Any]]:
    yield {"type": "response.created", "response": _response("in_progress", [])}
    output = []
    if answer.texts:
        yield {"type": "response.output_item.added", "output_index": 0, "item": _message("in_progress", "")}
        for text in answer.texts:
            place = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
            yield {"type": "response.output_text.delta", **place, "delta": text}
        output.append(_message("completed", "".join(answer.texts)))
    for call in answer.calls:
        index = len(output)
        yield {"type": "response.output_item.added", "output_index": index, "item": _function_call(call, "")}
        for part in _halves(call[2]):
            place = {"item_id": f"fc_{call[0]}", "output_index": index}
            yield {"type": "response.function_call_arguments.delta", **place, "delta": part}
        output.append(_function_call(call, call[2]))
    if answer.end is End.WHOLE:
        for index, item in enumerate(output):
            yield {"type": "response.output_item.done", "output_index": index, "item": item}
        status = "incomplete" if answer.reason else "completed"
        yield {"type": f"response.{status}", "response": _response(status, output, answer.reason)}


def _message(status: str, text: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}] if text else []
    return {"id": "msg_1", "type": "message", "role": "assistant", "status": status, "content": content}


def _function_call(call: Call, arguments: str) -> dict[str, Any]:
    call_id, name, _ = call
    return {"id": f"fc_{call_id}", "type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def _response(status: str, output: list[Any], reason: str | None = None) -> dict[str, Any]:
    details = {"length": "max_output_tokens", "content_filter": "content_filter"}
    counts = {
        "input_tokens": _USAGE["input"],
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": _USAGE["output"],
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 10,
    }
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 0,
        "model": "stub",
        "status": status,
        "error": None,
        "incomplete_details": {"reason": details[reason]} if reason else None,
        "instructions": None,
        "metadata": {},
        "output": output,
        "parallel_tool_calls": True,
        "temperature": None,
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "usage": counts if status != "in_progress" else None,
    }


def _halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


def _data(value: object) -> bytes:
    return f"data: {json.dumps(value)}\n\n".encode()
