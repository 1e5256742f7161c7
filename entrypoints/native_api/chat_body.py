"""The body of a chat request, in either of its forms."""

from typing import Final

import msgspec

from entrypoints.http import json_body
from entrypoints.native_api.bodies import ChatBody
from entrypoints.native_api.ui_chat_body import UIChatBody


class _Outline(msgspec.Struct):
    """What tells the forms apart."""

    messages: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_OUTLINE: Final = msgspec.json.Decoder(_Outline)
_CHAT: Final = msgspec.json.Decoder(ChatBody)
_UI_CHAT: Final = msgspec.json.Decoder(UIChatBody)


def read_chat_body(body: bytes) -> ChatBody | UIChatBody:
    """The body; one with ``messages`` is the AI SDK's. Raises RequestError, RuleViolationError (naming the field)."""
    if json_body.decode_outline(body, _OUTLINE).messages is msgspec.UNSET:
        return json_body.decode(body, _CHAT)
    return json_body.decode_outline(body, _UI_CHAT)
