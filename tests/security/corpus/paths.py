# ruff: noqa: E501 - an input is a line
"""Paths, and the ids in them."""

from tests.security.corpus.inputs import CANARY, CONVERSATION, DASHED, HEX, LIST, MESSAGE, MESSAGES, Row, get, label

_PATHS: dict[int, tuple[bytes, ...]] = {
    400: (b"/\xff", b"/api/\xc3\xa9", b"/api/me#x"),
    404: (
        b"/%ff", b"/%zz", b"/%", b"/%0", b"/%00", b"/%0d%0aX:y", b"/%c0%80", b"/%ed%a0%80", b"/api/me%00", b"/api/me%ff",
        b"/api/me%20", b"/api/me;a=b", b"/api//me", b"//api/me", b"/api/me/", b"/api/me//", b"/api/./me", b"/api/../api/me",
        b"/api/%2e%2e/api/me", b"/..", b"/../../etc/passwd", b"/%2e%2e%2f%2e%2e%2fetc", b"/api%2fme", b"/api%5cme", b"/API/ME",
        b"/api/m%65", b"/%61pi/me", b"/" + CANARY.encode(), b"/api/" + CANARY.encode() + b"%22%3Cscript%3E", b"/",
        b"/" + b"a" * 1023, b"/" + b"/" * 1000, b"/" + b"%41" * 300, b"/.git/config", b"/docs/../api/me", b"/docs/%2e%2e",
        b"/docs/" + CANARY.encode(), b"/openapi.json/", b"/metrics", b"/health", b"/health/live/", b"/health/ready/x",
    ),
    414: (b"/" + b"a" * 1024, b"/" + b"a" * 20_000),
    200: (b"/api/me?", b"/api/me??"),
}  # fmt: skip
PATHS: list[Row] = [
    (status, f"the path {label(target)}", get(target)) for status, targets in _PATHS.items() for target in targets
]

_SPELLINGS = (
    (404, HEX), (404, DASHED), (404, f"urn:uuid:{DASHED}"), (404, f"%7B{DASHED}%7D"), (404, f"conv_{DASHED}"),
    (404, CONVERSATION.upper()), (404, f"CONV_{HEX}"), (404, f"conv_{HEX.upper()}"), (404, f"Conv_{HEX}"), (404, f"conv_{HEX}0"),
    (404, f"conv_{HEX[:-1]}"), (404, "conv_"), (404, f"%63onv_{HEX}"), (404, f"conv_{HEX}%00"), (404, f"conv_{HEX}%0a"),
    (404, f"conv_{HEX}%20"), (404, f"%20conv_{HEX}"), (404, f"conv_{HEX}%ff"), (404, f"conv_{HEX}/"), (404, f"conv_{HEX}%2f"),
    (404, f"conv_{HEX};x"), (404, "conv_" + "%D9%A1" * 32), (404, "conv_" + "%EF%BC%90" * 32), (404, "conv_" + "g" * 32),
    (404, f"conv_{HEX[:-1]}_"), (404, f"conv_+{HEX[1:]}"), (404, f"conv_0x{HEX[2:]}"), (404, "null"), (404, "0"), (404, "-1"),
    (404, "1%20OR%201=1"), (404, "conv_'%3B%20DROP%20TABLE%20messages%3B--"), (404, CANARY), (404, "*"), (404, "%2a"),
    (404, "conv_" + "f" * 32), (404, "conv_" + "0" * 32), (404, MESSAGE), (404, "a" * 900),
)  # fmt: skip
_MESSAGE_SPELLINGS = (
    (200, MESSAGE), (404, f"msg_{HEX}"), (404, f"msg_{HEX}00000000"), (404, f"msg_{HEX}ffffffff"), (404, f"msg_{HEX}7fffffff"),
    (404, f"msg_{HEX}80000000"), (404, f"msg_{HEX}000000001"), (404, f"msg_{HEX}0000000"), (404, f"msg_{HEX}-0000001"),
    (404, f"msg_{HEX}0000000A"), (404, MESSAGE.upper()), (404, f"msg_{'0' * 32}00000001"), (404, "1"), (404, CANARY),
    (404, f"{MESSAGE}%00"), (404, f"{MESSAGE}%0a"), (404, f"{MESSAGE}/x"), (404, CONVERSATION), (404, "%6dsg_" + MESSAGE[4:]),
)  # fmt: skip
IDS: list[Row] = [
    *((status, f"the conversation {label(text)}", get(f"{LIST}/{text}")) for status, text in _SPELLINGS),
    *(
        (status, f"the message {text[-12:]} of {len(text)}", get(f"{MESSAGES}/{text}"))
        for status, text in _MESSAGE_SPELLINGS
    ),
]
