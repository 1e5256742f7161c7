"""Content and tool calls of messages: checked against Chat Completions, stored as they came."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from domain.errors import RuleViolationError
from domain.json_text import JsonText, depth_of
from domain.roles import KNOWN_PARTS, Role

MAX_DEPTH: Final = 32
MAX_BYTES: Final = 1024 * 1024
MAX_PARTS: Final = 1000
MAX_TOOL_CALLS: Final = 128
MAX_CALL_ID: Final = 256
MAX_NAME: Final = 128

type ContentPart = Mapping[str, Any]
type Content = str | Sequence[ContentPart]
type ToolCall = Mapping[str, Any]


def check_content(role: Role, content: object) -> None:
    """Raise RuleViolationError unless this is text, or a list of parts whose known types are well formed."""
    if isinstance(content, str):
        return
    if not isinstance(content, Sequence) or not content:
        raise RuleViolationError("content", "must be text or a list of at least one content part")
    if len(content) > MAX_PARTS:
        raise RuleViolationError("content", f"must not have more than {MAX_PARTS} parts")
    for index, part in enumerate(content):
        _check_part(role, part, f"content[{index}]")


def is_blank(content: Content) -> bool:
    """Whether it has no text but white space, and no other part."""
    if isinstance(content, str):
        return not content.strip()
    return all(part.get("type") == "text" and not part["text"].strip() for part in content)


def check_instructions(instructions: str) -> None:
    """Raise RuleViolationError unless these can be the content of a message that tells a model how to act."""
    if is_blank(instructions):
        raise RuleViolationError("instructions", "must not be blank")
    encode(instructions, "instructions")


def text_of(content: Content) -> str:
    """Its text; the texts of several parts are joined by a space."""
    if isinstance(content, str):
        return content
    return " ".join(part["text"] for part in content if part.get("type") == "text")


def check_tool_calls(calls: object) -> frozenset[str]:
    """The ids of the calls. Raises RuleViolationError unless all are well formed and their ids differ."""
    if not isinstance(calls, Sequence) or isinstance(calls, str):
        raise RuleViolationError("tool_calls", "must be a list of tool calls")
    if len(calls) > MAX_TOOL_CALLS:
        raise RuleViolationError("tool_calls", f"must not have more than {MAX_TOOL_CALLS} calls")
    seen: set[str] = set()
    for index, item in enumerate(calls):
        field = f"tool_calls[{index}]"
        call = _object(item, field)
        call_id = check_name(call.get("id"), f"{field}.id", MAX_CALL_ID)
        if call_id in seen:
            raise RuleViolationError(f"{field}.id", "must differ from the ids of the other calls")
        seen.add(call_id)
        kind = _text(call.get("type"), f"{field}.type")
        if payload := _CALL_PAYLOADS.get(kind):
            body = _object(call.get(kind), f"{field}.{kind}")
            check_name(body.get("name"), f"{field}.{kind}.name", MAX_NAME)
            _text(body.get(payload), f"{field}.{kind}.{payload}")
    return frozenset(seen)


def check_name(value: object, field: str, longest: int) -> str:
    """The value. Raises RuleViolationError unless it is 1 to ``longest`` printable characters."""
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise RuleViolationError(field, f"must be 1 to {longest} printable characters")
    return value


def encode(value: object, field: str) -> JsonText:
    """The value as JSON. Raises RuleViolationError beyond MAX_BYTES or MAX_DEPTH, and for what JSON can't hold."""
    if not isinstance(value, str) and depth_of(value, MAX_DEPTH) > MAX_DEPTH:
        raise RuleViolationError(field, f"must not nest deeper than {MAX_DEPTH} levels")
    try:
        document = JsonText.of(value)
    except ValueError as error:
        raise RuleViolationError(field, "must be JSON of Unicode text and finite numbers") from error
    if len(document.text) * 4 > MAX_BYTES and len(document.text.encode()) > MAX_BYTES:
        raise RuleViolationError(field, f"must not exceed {MAX_BYTES} bytes as JSON")
    return document


def encode_object(value: object, field: str) -> JsonText:
    """As ``encode``, but raise RuleViolationError also for what is no object."""
    return encode(_object(value, field), field)


def _check_part(role: Role, item: object, field: str) -> None:
    part = _object(item, field)
    kind = _text(part.get("type"), f"{field}.type")
    check = _PARTS.get(kind)
    if check is None:
        return
    if kind not in KNOWN_PARTS[role]:
        raise RuleViolationError(f"{field}.type", f"{kind} is not a part of {role} messages")
    check(part, field)


def _check_text(part: ContentPart, field: str) -> None:
    _text(part.get("text"), f"{field}.text")


def _check_refusal(part: ContentPart, field: str) -> None:
    _text(part.get("refusal"), f"{field}.refusal")


def _check_image(part: ContentPart, field: str) -> None:
    image = _object(part.get("image_url"), f"{field}.image_url")
    _text(image.get("url"), f"{field}.image_url.url")
    _one_of(("auto", "low", "high", "original"), image.get("detail", "auto"), f"{field}.image_url.detail")


def _check_audio(part: ContentPart, field: str) -> None:
    audio = _object(part.get("input_audio"), f"{field}.input_audio")
    _text(audio.get("data"), f"{field}.input_audio.data")
    _one_of(("wav", "mp3"), audio.get("format"), f"{field}.input_audio.format")


def _check_file(part: ContentPart, field: str) -> None:
    file = _object(part.get("file"), f"{field}.file")
    if not any(isinstance(file.get(name), str) for name in ("file_id", "file_data")):
        raise RuleViolationError(f"{field}.file", "must have file_id or file_data")


def _object(value: object, field: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise RuleViolationError(field, "must be an object")
    return value


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise RuleViolationError(field, "must be text")
    return value


def _one_of(allowed: Sequence[str], value: object, field: str) -> None:
    if value not in allowed:
        raise RuleViolationError(field, f"must be one of {', '.join(allowed)}")


_PARTS: Final[Mapping[str, Callable[[ContentPart, str], None]]] = {
    "text": _check_text,
    "refusal": _check_refusal,
    "image_url": _check_image,
    "input_audio": _check_audio,
    "file": _check_file,
}

_CALL_PAYLOADS: Final = {"function": "arguments", "custom": "input"}
"""What a call of each known type carries beside its name, as text."""
