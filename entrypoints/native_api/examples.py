"""Examples: one for each operation of the API, shown in its document and run by a test."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A request's body and the answer to it; None where there is none."""

    body: Any = None
    answer: Any = None


_HEX: Final = "019aa0c09a7b7d3c8f1e2a4b5c6d7e8f"
_TIME: Final = "2026-11-20T12:00:00.123456Z"
_CONVERSATION: Final = {
    "id": f"conv_{_HEX}",
    "title": "Plan a trip to Rome",
    "metadata": {"topic": "travel"},
    "archived": False,
    "last_seq": 2,
    "created_at": _TIME,
    "updated_at": _TIME,
}


def _message(seq: int, role: str, content: str) -> dict[str, Any]:
    return {
        "id": f"msg_{_HEX}{seq:08x}",
        "conversation_id": f"conv_{_HEX}",
        "seq": seq,
        "role": role,
        "content": content,
        "status": "completed",
        "metadata": {},
        "created_at": _TIME,
    }


_SAID: Final = _message(1, "user", "Plan a trip to Rome")
_REPLIED: Final = _message(2, "assistant", "Echo: Plan a trip to Rome")

EXAMPLES: Final[Mapping[str, Example]] = {
    "chat": Example(
        body={"message": "Plan a trip to Rome"},
        answer={
            "conversation_id": f"conv_{_HEX}",
            "response": "Echo: Plan a trip to Rome",
            "user_message": _SAID,
            "assistant_message": _REPLIED,
        },
    ),
    "followReply": Example(
        answer=f'id: 2-1\ndata: {{"type":"start","messageId":"msg_{_HEX}00000002"}}\n\nid:\ndata: [DONE]\n\n'
    ),
    "stopReply": Example(answer={**_REPLIED, "content": "Echo: Plan a", "status": "incomplete"}),
    "createConversation": Example(
        body={"title": "Plan a trip to Rome", "metadata": {"topic": "travel"}},
        answer={**_CONVERSATION, "last_seq": 0},
    ),
    "listConversations": Example(answer={"data": [_CONVERSATION], "next_cursor": None}),
    "getConversation": Example(answer={**_CONVERSATION, "messages": [_SAID, _REPLIED], "has_more": False}),
    "updateConversation": Example(body={"archived": True}, answer={**_CONVERSATION, "archived": True}),
    "deleteConversation": Example(),
    "appendMessages": Example(
        body={"messages": [{"role": "user", "content": "Plan a trip to Rome"}]}, answer={"data": [_SAID]}
    ),
    "listMessages": Example(answer={"data": [_SAID, _REPLIED], "has_more_before": False, "has_more_after": False}),
    "getMessage": Example(answer=_SAID),
    "removeMessage": Example(),
    "getContext": Example(
        answer={
            "messages": [{"role": one["role"], "content": one["content"]} for one in (_SAID, _REPLIED)],
            "last_seq": 2,
            "omitted": 0,
        }
    ),
    "export": Example(
        answer='{"type":"export","version":1,"user_id":"user-9pSJZcUDv3kM"}\n'
        '{"type":"end","conversations":0,"messages":0}\n'
    ),
    "me": Example(answer={"user_id": "user-9pSJZcUDv3kM", "session_expires_at": _TIME}),
    "live": Example(answer={"status": "ok"}),
    "ready": Example(answer={"status": "ok"}),
}
