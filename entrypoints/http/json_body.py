"""Strict decoding of JSON bodies; errors name the field at fault and never repeat what was sent."""

import re
from http import HTTPStatus
from itertools import accumulate
from typing import Final

import msgspec

from domain.errors import RuleViolationError
from entrypoints.http.errors import RequestError

MAX_DEPTH: Final = 32
_LONGEST_FIELD: Final = 200
_STRING: Final = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_STEPS: Final = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(_STEPS))
_PLACE: Final = re.compile(r"(?P<reason>.*?)(?: - at `(?P<place>\$.*)`)?", re.DOTALL)
_NAMED_FIELD: Final = re.compile(r"Object (?P<what>contains unknown|missing required) field `(?P<name>.*)`", re.DOTALL)


def decode[Value](body: bytes, decoder: msgspec.json.Decoder[Value], *, place: str = "") -> Value:
    """Decode a body, or a part of one that is at this ``place``, such as ``messages[3]``.

    Raises RequestError (not JSON, not UTF-8, too deep), RuleViolationError (naming the field).
    """
    value = decode_outline(body, decoder, place=place)
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(body) > MAX_DEPTH:
        raise _too_deep()
    return value


def decode_outline[Value](body: bytes, decoder: msgspec.json.Decoder[Value], *, place: str = "") -> Value:
    """As ``decode``, but whatever the depth: for a type that leaves what nests as ``msgspec.Raw``, or leaves it out."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _field_error(str(error), place) from None
    except UnicodeDecodeError:
        raise RequestError(HTTPStatus.BAD_REQUEST, "not_utf8", "The body must be JSON in UTF-8.") from None
    except RecursionError:
        raise _too_deep() from None
    except msgspec.DecodeError:
        raise RequestError(HTTPStatus.BAD_REQUEST, "not_json", "The body must be JSON.") from None


def _depth(body: bytes) -> int:
    """The depth to which valid JSON nests; 0 for a scalar."""
    brackets = _STRING.sub(b"", body).translate(None, _NOT_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0)


def _too_deep() -> RequestError:
    return RequestError(HTTPStatus.BAD_REQUEST, "too_deep", f"The body must not nest deeper than {MAX_DEPTH} levels.")


def _field_error(text: str, parent: str) -> RuleViolationError:
    """Msgspec's complaint (``Expected `str`, got `int` - at `$.messages[0].content```) as ours."""
    match = _PLACE.fullmatch(text)
    reason, place = (match["reason"], match["place"] or "$") if match else (text, "$")
    field = f"{parent}{place.removeprefix('$')}".removeprefix(".")
    if named := _NAMED_FIELD.fullmatch(reason):
        reason = "is not known" if named["what"] == "contains unknown" else "is required"
        field = f"{field}.{named['name']}" if field else named["name"]
    elif reason.startswith("Invalid enum value"):
        reason = "is not one of the values that are allowed"  # msgspec repeats what was sent
    else:
        reason = f"is not valid: {reason[:1].lower()}{reason[1:]}"
    return RuleViolationError(field[:_LONGEST_FIELD] or "body", reason)
