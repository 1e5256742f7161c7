"""What inputs are made of: raw requests, with placeholders as long as what replaces them."""

import json
from dataclasses import dataclass
from typing import Any

TOKEN = "c" * 32
CONVERSATION = "conv_" + "c0de" * 8
MESSAGE = "msg_" + "c0de" * 8 + "00000001"
"""Placeholders as long as what replaces them, so that lengths stay right."""

CANARY = "zqcanaryqz"

type Row = tuple[int | tuple[int, ...], str, bytes]


@dataclass(frozen=True, slots=True)
class Input:
    """What is sent, and the statuses of the answers."""

    name: str
    data: bytes
    statuses: tuple[int, ...]
    has_bodies: bool = True


def head(line: bytes, *fields: bytes) -> bytes:
    return b"\r\n".join([line, *fields, b"", b""])


def label(value: str | bytes) -> str:
    return f"{value[:40]!r}" + (f" of {len(value)}" if len(value) > 40 else "")


HOST = b"Host: x"
BEARER = b"Authorization: Bearer " + TOKEN.encode()
JSON = b"Content-Type: application/json"


def get(target: str | bytes, *fields: bytes, method: bytes = b"GET") -> bytes:
    target = target if isinstance(target, bytes) else target.encode()
    return head(method + b" " + target + b" HTTP/1.1", HOST, BEARER, *fields)


def send(target: str, body: bytes, *fields: bytes, method: str = "POST", kind: bytes = JSON) -> bytes:
    line = f"{method} {target} HTTP/1.1".encode()
    return head(line, HOST, BEARER, kind, b"Content-Length: %d" % len(body), *fields) + body


def chunked(*pieces: bytes) -> bytes:
    fields = (HOST, BEARER, JSON, b"Transfer-Encoding: chunked")
    return head(b"POST /api/chat HTTP/1.1", *fields) + b"".join(pieces)


def framed(*fields: bytes, body: bytes = b'{"message":"x"}') -> bytes:
    return head(b"POST /api/chat HTTP/1.1", HOST, BEARER, JSON, *fields) + body


LIVE = b"GET /health/live HTTP/1.1"
LIST = "/api/conversations"
ONE = f"{LIST}/{CONVERSATION}"
MESSAGES = f"{ONE}/messages"
CONTEXT = f"{ONE}/context"
CHAT = "/api/chat"
HEX = CONVERSATION.removeprefix("conv_")
DASHED = "-".join([HEX[:8], HEX[8:12], HEX[12:16], HEX[16:20], HEX[20:]])

HELLO = {"role": "user", "content": "hello"}


def append(message: Any, *fields: bytes) -> bytes:
    return send(MESSAGES, json.dumps({"messages": [message]}).encode(), *fields)
