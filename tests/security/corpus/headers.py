# ruff: noqa: E501 - an input is a line
"""Header fields, among them those that mean something to the application."""

import gzip

from tests.security.corpus.inputs import (
    CANARY,
    CHAT,
    HELLO,
    HOST,
    LIVE,
    TOKEN,
    Row,
    append,
    framed,
    get,
    head,
    label,
    send,
)
from tests.support.service import AGENT_KEY

FIELDS: list[Row] = [
    (400, "no Host", head(LIVE)),
    (200, "no Host in HTTP/1.0", head(b"GET /health/live HTTP/1.0")),
    (400, "two Hosts in HTTP/1.0", head(b"GET /health/live HTTP/1.0", HOST, HOST)),
    (400, "the same Host twice", head(LIVE, HOST, HOST)),
    (400, "two Hosts", head(LIVE, b"Host: x", f"Host: {CANARY}".encode())),
    (400, "an empty Host", head(LIVE, b"Host:")),
    *((200, f"the Host {label(value)}", head(LIVE, b"Host: " + value)) for value in (
        b"x:80", b"x:", b"[::1]:8000", b"127.0.0.1", b"a_b.example.", b"x  ", b" \tx \t")),
    *((400, f"the Host {label(value)}", head(LIVE, b"Host: " + value)) for value in (
        b"x, y", b"x:y", b"http://x", b"a@x", b"x/y", b"[::1", b"x\xe9", b":80", b"x y", b"x y ", b" \t",
        b"x \x0b", b"x\xa0")),
    (400, "a Host that is none", head(LIVE, f"Host: {CANARY} / @".encode())),
    (400, "a folded line", head(LIVE, HOST, b"X: a\r\n b")),
    (400, "a folded first line", head(LIVE, b" X: a", HOST)),
    (400, "a space before the colon", head(LIVE, b"Host : x")),
    (400, "a space in a name", head(LIVE, HOST, b"X Y: a")),
    (400, "no colon", head(LIVE, HOST, CANARY.encode())),
    (400, "an empty name", head(LIVE, HOST, b": a")),
    (400, "NUL in the name of a field", head(LIVE, HOST, b"X\0Y: a")),
    (400, "NUL in a value", head(LIVE, HOST, b"X: a\0b")),
    (400, "CR in a value", head(LIVE, HOST, b"X: a\rb")),
    (400, "LF ends a line", b"GET /health/live HTTP/1.1\r\nHost: x\nX: y\r\n\r\n"),
    (400, "DEL in a value", head(LIVE, HOST, b"X: a\x7fb")),
    (400, "a control in a value", head(LIVE, HOST, b"X: a\x01b")),
    (200, "8 bits in a value", head(LIVE, HOST, b"X: \xe9\xff")),
    (400, "8 bits in a name", head(LIVE, HOST, b"X\xe9: a")),
    (200, "UTF-8 in a value", head(LIVE, HOST, "X: \u202e\U0001f600".encode())),
    (400, "brackets in a name", head(LIVE, HOST, b"X[]{}: a")),
    (200, "8,000 letters in a name", head(LIVE, HOST, b"X" * 8000 + b": a")),
    (431, "a header of 17 KiB", head(LIVE, HOST, b"X: " + b"a" * 17_000)),
    (431, "a header of 100 KiB", head(LIVE, HOST, b"X: " + b"a" * 100_000)),
    (431, "65 fields", head(LIVE, HOST, *[b"X: a"] * 64)),
    (431, "2,000 fields", head(LIVE, HOST, *[b"X: a"] * 2000)),
    (200, "upgrade to a web socket", get("/api/me", b"Upgrade: websocket", b"Connection: Upgrade",
                                       b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")),
    (200, "upgrade to HTTP/2", get("/api/me", b"Upgrade: h2c", b"Connection: Upgrade, HTTP2-Settings",
                                 b"HTTP2-Settings: AAMAAABkAAQAAP__")),
    (200, "upgrade to TLS", get("/api/me", b"Upgrade: TLS/1.0", b"Connection: Upgrade")),
    (200, "Connection of all sorts", get("/api/me", b"Connection: keep-alive, close, " + CANARY.encode())),
    (200, "Expect 100-continue", framed(b"Content-Length: 15", b"Expect: 100-continue")),
    (200, "Expect something", framed(b"Content-Length: 15", b"Expect: " + CANARY.encode())),
    (200, "Range", get("/api/me", b"Range: bytes=0-1,0-1,0-1")),
    (200, "forwarded headers", get("/api/me", b"X-Forwarded-Host: " + CANARY.encode(), b"X-Forwarded-Proto: gopher",
                                 b"X-Original-URL: /x", b"Forwarded: for=unknown")),
    (200, "TE and Trailer", get("/api/me", b"TE: trailers, deflate;q=0.5", b"Trailer: Authorization")),
    (200, "Accept nothing", get("/api/me", b"Accept: application/xml;q=1, */*;q=0")),
    (200, "Accept nonsense", get("/api/me", b"Accept: ;;;,,,q=" + CANARY.encode())),
    (200, "Accept-Encoding", get("/api/me", b"Accept-Encoding: gzip;q=a, identity;q=0")),
    (200, "Accept-Language", get("/api/me", b"Accept-Language: " + b"a-," * 1000)),
    (401, "two Authorizations", get("/api/me", b"Authorization: Bearer " + CANARY.encode())),
    (200, "8 bits in the cookie", get("/api/me", b"Cookie: better-auth.session_token=\xff\xfe%ff")),
    (200, "1,000 cookies", get("/api/me", b"Cookie: " + b"a=b;" * 1000)),
    (200, "Referer that is none", get("/api/me", b"Referer: http://[")),
    (200, "two Origins", get("/api/me", b"Origin: http://app.test", b"Origin: https://evil")),
    *((404, f"a request id {label(value)}", get("/nothing", b"X-Request-Id: " + value)) for value in (
        b"", b"a b", b"a\tb", b"\xe9" + CANARY.encode(), CANARY.encode() + b"\xff", CANARY.encode() + b"<b>",
        CANARY.encode() + b"%0d%0aX: y", b"a" * 129 + CANARY.encode(), CANARY.encode() + b";" * 5000)),
    (400, "a request id with DEL", get("/nothing", b"X-Request-Id: a\x7f")),
    (404, "a request id that is well formed", get("/nothing", b"X-Request-Id: " + CANARY.encode())),
    (404, "two request ids", get("/nothing", b"X-Request-Id: " + CANARY.encode() + b"!", b"X-Request-Id: a b")),
]  # fmt: skip

AUTHORIZATIONS: list[Row] = [
    (401, f"authorized by {label(value)}", head(b"GET /api/me HTTP/1.1", HOST, b"Authorization: " + value))
    for value in (
        b"", b"Bearer", b"Bearer ", b"Bearer \xff\xfe", b"Bearer " + CANARY.encode(), b"Bearer " + b"a" * 15_000,
        b"Basic YTpi", b"Bearer " + TOKEN.encode() + b" " + CANARY.encode(), b"Bearer ' OR 1=1 --", b"Bearer %00",
        b"Bearer " + TOKEN.encode() + b".x", b"Bearer\t" + TOKEN.encode(), b"Digest a=" + CANARY.encode(),
        "Bearer \U0001f600".encode(), b"Bearer %F0%9F%98", b"Bearer %ed%a0%80.%c0%80", b"," * 100,
    )
]  # fmt: skip

_KEY = b"X-Agent-Key: " + AGENT_KEY.encode()
AGENTS: list[Row] = [
    *((401, f"the agent key {label(value)}", get("/api/me", b"X-Agent-Key: " + value))
      for value in (b"", b"\xff\xfe", CANARY.encode(), b"a" * 15_000, b"%00", b"a,b", "\U0001f600".encode(),
                    AGENT_KEY.encode() + b"\xff")),
    *((403, f"the owner {label(value)}", get("/api/me", _KEY, b"X-Owner-Id: " + value))
      for value in (b"", b"\xff\xfe", CANARY.encode(), b"a" * 15_000, b"%00", b"a,b", "\u202e\U0001f600".encode(),
                    "\u200b".encode(), b"' OR 1=1 --", b"\xed\xa0\x80")),
    (401, "an owner without an agent key", get("/api/me", b"X-Owner-Id: " + CANARY.encode())),
    (401, "two agent keys", get("/api/me", _KEY, _KEY)),
    (401, "two owners", get("/api/me", _KEY, b"X-Owner-Id: a", b"X-Owner-Id: a")),
    (200, "an agent key beside a session", get("/api/me", _KEY)),
    (200, "an agent key that Connection names", get("/api/me", _KEY, b"Connection: X-Agent-Key")),
]  # fmt: skip

KEYS: list[Row] = [
    *((422, f"the key {label(value)}", append(HELLO, b"Idempotency-Key: " + value))
      for value in (b"", b'""', b'"', b'"a', b"a b", b"a/b", b"\xff" + CANARY.encode(), b"a" * 129, b"a" * 10_000, b"' OR 1=1",
                    "ключ".encode(), CANARY.encode() + b"%00", b"a;b=c", b'"a\\"b"')),
    (422, "two keys", append(HELLO, b"Idempotency-Key: a", b"Idempotency-Key: b")),
    *((422, f"If-Match {label(value)}", append(HELLO, b"If-Match: " + value))
      for value in (b"", b"1", b'W/"1"', b'"', b'""', b'"-1"', b'"1", "2"', b'"99999999999"', b'"\xff"', CANARY.encode(),
                    b'"1e3"', '"\u0661"'.encode(), b'"' + b"9" * 5000 + b'"', b"**")),
    (412, "an If-Match of the future", append(HELLO, b'If-Match: "9999999999"')),
    (422, "two If-Matches", append(HELLO, b'If-Match: "1"', b'If-Match: "2"')),
]  # fmt: skip

_TYPES = (b"", b"text/plain", b"application/json-seq", b"application/jsonx", b"application/x-www-form-urlencoded",
          b"multipart/form-data; boundary=x", b"application/msgpack", b"application/problem+json", b"json", b"*/*",
          b"text/json", b"application/json, text/plain", b"\xff" + CANARY.encode(), b";application/json",
          b"application/xml; charset=" + CANARY.encode())  # fmt: skip
_CHAT = b'{"message":"x"}'
TYPES: list[Row] = [
    *((415, f"the type {label(value)}", send(CHAT, _CHAT, kind=b"Content-Type: " + value)) for value in _TYPES),
    (415, "two types", send(CHAT, _CHAT, b"Content-Type: text/plain")),
    (200, "another charset", send(CHAT, _CHAT, kind=b"Content-Type: application/json; charset=utf-16")),
    (200, "parameters of all sorts", send(CHAT, _CHAT, kind=b'Content-Type: application/json;;;=;"')),
    *((415, f"the encoding {label(value)}", send(CHAT, gzip.compress(_CHAT, mtime=0), b"Content-Encoding: " + value))
      for value in (b"gzip", b"x-gzip", b"deflate", b"br", b"identity, gzip", b"\xff", CANARY.encode(), b"")),
    (400, "zipped and untold", send(CHAT, gzip.compress(_CHAT, mtime=0))),
]  # fmt: skip
