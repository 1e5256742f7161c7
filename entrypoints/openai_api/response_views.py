"""Responses as OpenAI's clients get them: a reply, with what it has said."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from domain.identifiers import format_conversation_id
from domain.reply import ReplyAddress
from domain.reply_events import FinishReason, ReplyFinished
from entrypoints.openai_api.asked_responses import AskedResponse
from entrypoints.openai_api.response_ids import format_response_id

type ResponseView = Mapping[str, Any]

_FAILED: Final = "The reply failed. What was said until then is kept."
_STATUS: Final[Mapping[FinishReason, str]] = {
    FinishReason.STOP: "completed",
    FinishReason.TOOL_CALLS: "completed",
    FinishReason.LENGTH: "incomplete",
    FinishReason.CONTENT_FILTER: "incomplete",
    FinishReason.STOPPED: "cancelled",
    FinishReason.FAILED: "failed",
    FinishReason.INTERRUPTED: "failed",
}
_INCOMPLETE: Final[Mapping[FinishReason, str]] = {
    FinishReason.LENGTH: "max_output_tokens",
    FinishReason.CONTENT_FILTER: "content_filter",
}


def response_in_progress(reply: ReplyAddress, model: str, created_at: datetime, asked: AskedResponse) -> ResponseView:
    """A response that has said nothing yet."""
    return {
        "id": format_response_id(reply),
        "object": "response",
        "created_at": int(created_at.timestamp()),
        "status": "in_progress",
        **asked.told(),
        "error": None,
        "incomplete_details": None,
        "model": model,
        "output": [],
        "parallel_tool_calls": True,
        "conversation": {"id": format_conversation_id(reply.conversation_id)},
        "reasoning": {"effort": None, "summary": None},
        "store": True,
        "temperature": None,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "truncation": "disabled",
        "usage": None,
    }


def ended(response: ResponseView, output: Sequence[Mapping[str, Any]], finish: ReplyFinished) -> ResponseView:
    """The response at its end."""
    status, incomplete = _STATUS[finish.reason], _INCOMPLETE.get(finish.reason)
    return {
        **response,
        "status": status,
        "output": output,
        "error": {"code": "server_error", "message": _FAILED} if status == "failed" else None,
        "incomplete_details": {"reason": incomplete} if incomplete else None,
        "usage": _usage(finish),
    }


def _usage(finish: ReplyFinished) -> Mapping[str, Any] | None:
    """The tokens; None if the provider did not count them."""
    if finish.input_tokens is None or finish.output_tokens is None:
        return None
    return {
        "input_tokens": finish.input_tokens,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": finish.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": finish.input_tokens + finish.output_tokens,
    }
