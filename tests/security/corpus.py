# ruff: noqa: E501 - an input is a line
"""Inputs that a client may send, raw, each with the status that it gets (none: the connection is closed, no more)."""

import gzip
import json
from collections.abc import Iterator
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
CHAT = "/api/chat"
HEX = CONVERSATION.removeprefix("conv_")
DASHED = "-".join([HEX[:8], HEX[8:12], HEX[12:16], HEX[16:20], HEX[20:]])

REQUEST_LINES: list[Row] = [
    (400, "one word", f"{CANARY}\r\n\r\n".encode()),
    (200, "no version", head(b"GET /health/live", HOST)),
    (200, "HTTP/0.9", b"GET /health/live\r\n\r\n"),
    (200, "HTTP/1.0", head(b"GET /health/live HTTP/1.0")),
    (200, "HTTP/1.0 kept alive", head(b"GET /health/live HTTP/1.0", b"Connection: keep-alive")),
    (400, "HTTP/1.2", head(b"GET /health/live HTTP/1.2", HOST)),
    (200, "HTTP/2.0", head(b"GET /health/live HTTP/2.0", HOST)),
    (400, "HTTP/9.9", head(b"GET /health/live HTTP/9.9", HOST)),
    (400, "HTTP/11", head(b"GET /health/live HTTP/11", HOST)),
    (400, "HTTP/1.1 with more digits", head(b"GET /health/live HTTP/1.11", HOST)),
    (400, "http in lower case", head(b"GET /health/live http/1.1", HOST)),
    (400, "ICY", head(b"GET /health/live ICY/1.0", HOST)),
    (200, "RTSP", head(b"GET /health/live RTSP/1.0", HOST)),
    (200, "two spaces after the method", head(b"GET  /health/live HTTP/1.1", HOST)),
    (200, "two spaces before the version", head(b"GET /health/live  HTTP/1.1", HOST)),
    (400, "tabs", head(b"GET\t/health/live\tHTTP/1.1", HOST)),
    (400, "a space first", head(b" GET /health/live HTTP/1.1", HOST)),
    (400, "a space last", head(b"GET /health/live HTTP/1.1 ", HOST)),
    (400, "a space in the path", head(f"GET /health/ live{CANARY} HTTP/1.1".encode(), HOST)),
    (400, "NUL in the request line", head(b"GET /health\0/live HTTP/1.1", HOST)),
    (400, "CR in the request line", head(b"GET /health\r/live HTTP/1.1", HOST)),
    (400, "no path", head(b"GET HTTP/1.1", HOST)),
    (400, "a path without slash", head(b"GET health/live HTTP/1.1", HOST)),
    (404, "an asterisk", head(b"GET * HTTP/1.1", HOST)),
    (404, "OPTIONS asterisk", head(b"OPTIONS * HTTP/1.1", HOST)),
    (200, "an absolute URI", head(b"GET http://x/health/live HTTP/1.1", HOST)),
    (200, "an absolute URI of another host", head(f"GET http://{CANARY}/health/live HTTP/1.1".encode(), HOST)),
    (200, "an absolute URI with a user", head(b"GET http://a:b@x/health/live HTTP/1.1", HOST)),
    (200, "an absolute URI of another scheme", head(b"GET ftp://x/health/live HTTP/1.1", HOST)),
    (400, "an absolute URI with a bad port", head(b"GET http://x:99999999/health/live HTTP/1.1", HOST)),
    (400, "an absolute URI with a bad IPv6", head(b"GET http://[::1/health/live HTTP/1.1", HOST)),
    (200, "a fragment", head(b"GET /health/live#part HTTP/1.1", HOST)),
    (404, "a network path", head(b"GET //x/health/live HTTP/1.1", HOST)),
    (400, "an authority", head(b"GET x:80 HTTP/1.1", HOST)),
    (400, "TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    (400, "SSH", b"SSH-2.0-OpenSSH_9.9\r\n"),
    (400, "HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    (400, "SOCKS", b"\x05\x01\x00"),
    (400, "PROXY protocol", b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + head(LIVE, HOST)),
    (400, "a PostgreSQL startup", b"\x00\x00\x00\x08\x04\xd2\x16\x2f"),
    (400, "an answer", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    (400, "only NULs", b"\0" * 64),
    (400, "only 0xFF", b"\xff" * 64),
    (400, "a long method", b"A" * 5000 + b" / HTTP/1.1\r\nHost: x\r\n\r\n"),
    (400, "bare LF", b"GET /health/live HTTP/1.1\nHost: x\n\n"),
    (400, "bare CR", b"GET /health/live HTTP/1.1\rHost: x\r\r"),
    (200, "empty lines first", b"\r\n\r\n" + head(LIVE, HOST)),
]

METHODS: list[Row] = [
    (405, "HEAD health", get("/health/live", method=b"HEAD")),
    (405, "HEAD api", get("/api/me", method=b"HEAD")),
    (404, "HEAD nothing", get(f"/{CANARY}", method=b"HEAD")),
    (204, "OPTIONS chat", get(CHAT, method=b"OPTIONS")),
    (404, "OPTIONS nothing", get("/nothing", method=b"OPTIONS")),
    (
        204,
        "a preflight of nobody",
        get(CHAT, b"Origin: https://evil", b"Access-Control-Request-Method: POST", method=b"OPTIONS"),
    ),
    (
        204,
        "a preflight with a canary",
        get(
            CHAT,
            f"Origin: https://{CANARY}".encode(),
            b"Access-Control-Request-Method: " + CANARY.encode(),
            method=b"OPTIONS",
        ),
    ),
    (
        204,
        "a preflight of ours",
        get(CHAT, b"Origin: http://app.test", b"Access-Control-Request-Method: POST", method=b"OPTIONS"),
    ),
    (405, "TRACE", get("/api/me", f"X: {CANARY}".encode(), method=b"TRACE")),
    (400, "CONNECT", head(b"CONNECT x:443 HTTP/1.1", HOST)),
    (405, "CONNECT a path", head(b"CONNECT /api/me HTTP/1.1", HOST)),
    (405, "PUT", send(CHAT, b"{}", method="PUT")),
    (405, "PUT a conversation", send(ONE, b"{}", method="PUT")),
    (405, "DELETE the list", get(LIST, method=b"DELETE")),
    (405, "PATCH messages", send(MESSAGES, b"{}", method="PATCH")),
    (405, "PROPFIND", get("/api/me", method=b"PROPFIND")),
    (405, "PURGE", get("/api/me", method=b"PURGE")),
    (405, "M-SEARCH", get("/api/me", method=b"M-SEARCH")),
    (405, "QUERY", get("/api/me", method=b"QUERY")),
    (400, "an unknown method", get("/api/me", method=CANARY.upper().encode())),
    (400, "get in lower case", get("/api/me", method=b"get")),
    (400, "Get", get("/api/me", method=b"Get")),
    (400, "a method with a NUL", get("/api/me", method=b"GE\0T")),
    (200, "a method override", send("/api/me", b"", b"X-HTTP-Method-Override: DELETE", method="GET")),
    (405, "POST me", send("/api/me", b"{}")),
    (405, "GET chat", get(CHAT)),
    (200, "GET with a body", send("/api/me", b'{"a":1}', method="GET")),
    (404, "DELETE with a body", send(f"{LIST}/conv_{'0' * 32}", b"{}", method="DELETE")),
]

FIELDS: list[Row] = [
    (200, "no Host", head(LIVE)),
    (200, "two Hosts", head(LIVE, b"Host: x", f"Host: {CANARY}".encode())),
    (200, "an empty Host", head(LIVE, b"Host:")),
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
        b"", b"a b", b"a\tb", b"a\x7f", b"\xe9" + CANARY.encode(), CANARY.encode() + b"\xff", CANARY.encode() + b"<b>",
        CANARY.encode() + b"%0d%0aX: y", b"a" * 129 + CANARY.encode(), CANARY.encode() + b";" * 5000)),
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

FRAMING: list[Row] = [
    (400, "length and chunks", framed(b"Content-Length: 15", b"Transfer-Encoding: chunked")),
    (400, "chunks and length", framed(b"Transfer-Encoding: chunked", b"Content-Length: 15")),
    (400, "two equal lengths", framed(b"Content-Length: 15", b"Content-Length: 15")),
    (400, "two lengths", framed(b"Content-Length: 15", b"Content-Length: 16")),
    (400, "a list of lengths", framed(b"Content-Length: 15, 15")),
    (400, "a negative length", framed(b"Content-Length: -15")),
    (400, "a length with a plus", framed(b"Content-Length: +15")),
    (400, "a hexadecimal length", framed(b"Content-Length: 0xf")),
    (400, "a length with a point", framed(b"Content-Length: 15.0")),
    (400, "a length of words", framed(b"Content-Length: " + CANARY.encode())),
    (400, "a length with a space inside", framed(b"Content-Length: 1 5")),
    (400, "an empty length", framed(b"Content-Length:")),
    (200, "a length with zeros", framed(b"Content-Length: 0000000015")),
    (400, "a length in other digits", framed("Content-Length: \u0661\u0665".encode())),
    (413, "a length of 2^63", framed(b"Content-Length: 9223372036854775808")),
    (400, "a length of 2^64", framed(b"Content-Length: 18446744073709551616")),
    (400, "a length of 2^64 + 15", framed(b"Content-Length: 18446744073709551631")),
    (400, "a length of 10^30", framed(b"Content-Length: 1" + b"0" * 30)),
    (413, "a length of 2 MiB", framed(b"Content-Length: 2097152")),
    (400, "no length", framed(body=b"")),
    (400, "no length and a body", framed()),
    (400, "too little length", framed(b"Content-Length: 14")),
    (400, "gzip, chunked", framed(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n")),
    (400, "chunked, gzip", framed(b"Transfer-Encoding: chunked, gzip", body=b"0\r\n\r\n")),
    (400, "chunked twice", framed(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n")),
    (400, "chunked twice in two lines", framed(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked",
                                             body=b"0\r\n\r\n")),
    (400, "an unknown transfer encoding", framed(b"Transfer-Encoding: " + CANARY.encode(), body=b"0\r\n\r\n")),
    (400, "chunked with a tail", framed(b"Transfer-Encoding: chunkedx", body=b"0\r\n\r\n")),
    (200, "CHUNKED", framed(b"Transfer-Encoding: CHUNKED", body=b'f\r\n{"message":"x"}\r\n0\r\n\r\n')),
    (400, "chunked by a vertical tab", framed(b"Transfer-Encoding:\x0bchunked", body=b"0\r\n\r\n")),
    (400, "a space before the colon of chunked", framed(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n")),
    (200, "chunks in HTTP/1.0", head(b"POST /api/chat HTTP/1.0", BEARER, JSON, b"Transfer-Encoding: chunked")
     + b'f\r\n{"message":"x"}\r\n0\r\n\r\n'),
    (200, "chunks", chunked(b"f\r\n", b'{"message":"x"}', b"\r\n0\r\n\r\n")),
    (200, "chunks of one byte", chunked(*(b"1\r\n%c\r\n" % one for one in b'{"message":"x"}'), b"0\r\n\r\n")),
    (400, "a chunk's size of words", chunked(CANARY.encode(), b"\r\n")),
    (400, "a chunk's size with a minus", chunked(b"-1\r\n\r\n0\r\n\r\n")),
    (400, "a chunk's size with 0x", chunked(b"0xf\r\n", b'{"message":"x"}', b"\r\n0\r\n\r\n")),
    (400, "a chunk's size of 2^64", chunked(b"10000000000000000\r\n", b'{"message":"x"}', b"\r\n0\r\n\r\n")),
    (400, "a chunk's size with a space", chunked(b"f \r\n", b'{"message":"x"}', b"\r\n0\r\n\r\n")),
    (200, "a chunk's extension", chunked(b"f;a=b\r\n", b'{"message":"x"}', b"\r\n0\r\n\r\n")),
    (400, "a chunk's extension with a bare LF", chunked(b"f;a\n=b\r\n", b'{"message":"x"}', b"\r\n0\r\n\r\n")),
    (200, "a long chunk's extension", chunked(b"f;" + b"a" * 20_000 + b"\r\n", b'{"message":"x"}', b"\r\n0\r\n\r\n")),
    (400, "a chunk that ends late", chunked(b"e\r\n", b'{"message":"x"}', b"\r\n0\r\n\r\n")),
    (400, "a chunk that ends with LF", chunked(b"f\n", b'{"message":"x"}', b"\n0\n\n")),
    (401, "a trailer", chunked(b"f\r\n", b'{"message":"x"}', b"\r\n0\r\nAuthorization: Bearer x\r\n\r\n")),
    (400, "a trailer that is none", chunked(b"f\r\n", b'{"message":"x"}', b"\r\n0\r\nno colon\r\n\r\n")),
    (413, "chunks of 1 MiB and more", chunked(b"100010\r\n", b" " * 0x100010, b"\r\n0\r\n\r\n")),
    ((200, 200, 200), "three at once", head(LIVE, HOST) * 3),
    ((200, 200), "a request smuggled behind a length", framed(b"Content-Length: 15") + head(LIVE, HOST)),
    (400, "nonsense behind a request", head(LIVE, HOST) + b"\0\0\0\r\n\r\n"),
    (200, "a request behind one that closes", head(LIVE, HOST, b"Connection: close") + head(LIVE, HOST)),
    ((200, 404, 200), "a bad one between good ones", head(LIVE, HOST) + head(b"GET /%zz HTTP/1.1", HOST) + head(LIVE, HOST)),
    (400, "a body behind GET without a length", head(LIVE, HOST) + b'{"message": "x"}\r\n\r\n'),
]  # fmt: skip

BROKEN_OFF: list[Row] = [
    ((), "a broken off request line", b"GET /hea"),
    ((), "a broken off head", b"GET /health/live HTTP/1.1\r\nHost: x\r\n"),
    ((), "a broken off body", framed(b"Content-Length: 100")),
    ((), "a broken off chunk", chunked(b"100\r\n{")),
    ((), "chunks without the last", chunked(b"f\r\n", b'{"message":"x"}', b"\r\n")),
    ((), "nothing at all", b""),
    ((), "empty lines only", b"\r\n" * 10),
]
"""Ended by the client before they were whole: RFC 9112 (section 8) lets the server close without an answer."""

PATHS: list[Row] = [
    (404, f"the path {label(target)}", get(target))
    for target in (
        b"/\xff", b"/api/\xc3\xa9", b"/%ff", b"/%zz", b"/%", b"/%0", b"/%00", b"/%0d%0aX:y", b"/%c0%80", b"/%ed%a0%80",
        b"/api/me%00", b"/api/me%ff", b"/api/me%20", b"/api/me;a=b", b"/api//me", b"//api/me", b"/api/me/", b"/api/me//",
        b"/api/./me", b"/api/../api/me", b"/api/%2e%2e/api/me", b"/..", b"/../../etc/passwd", b"/%2e%2e%2f%2e%2e%2fetc",
        b"/api%2fme", b"/api%5cme", b"/API/ME", b"/api/m%65", b"/%61pi/me", b"/api/me?", b"/api/me??", b"/api/me#x",
        b"/" + CANARY.encode(), b"/api/" + CANARY.encode() + b"%22%3Cscript%3E", b"/" + b"a" * 1023, b"/" + b"a" * 1024,
        b"/" + b"a" * 20_000, b"/" + b"/" * 1000, b"/" + b"%41" * 300, b"/.git/config", b"/docs/../api/me", b"/docs/%2e%2e",
        b"/docs/" + CANARY.encode(), b"/openapi.json/", b"/metrics", b"/health", b"/health/live/", b"/health/ready/x",
    )
]  # fmt: skip

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
    (404, f"{MESSAGE}%00"), (404, f"{MESSAGE}%0a"), (404, f"{MESSAGE}/x"), (404, CONVERSATION), (200, "%6dsg_" + MESSAGE[4:]),
)  # fmt: skip
IDS: list[Row] = [
    *((status, f"the conversation {label(text)}", get(f"{LIST}/{text}")) for status, text in _SPELLINGS),
    *(
        (status, f"the message {text[-12:]} of {len(text)}", get(f"{MESSAGES}/{text}"))
        for status, text in _MESSAGE_SPELLINGS
    ),
]

_BAD_INTEGERS = ("", "-1", "1.5", "1e2", "%2B1", "%201", "1_0", "0x1", "%D9%A1", "%EF%BC%91", "NaN", "inf", "1" + "0" * 30,
                 "9223372036854775808", "18446744073709551616", "9" * 4000, "%00", "%ff", "%zz", CANARY, "null", "true",
                 "[]", "1,2", "1%3B2")  # fmt: skip
QUERIES: list[Row] = [
    *((422, f"limit={label(value)}", get(f"{LIST}?limit={value}")) for value in (*_BAD_INTEGERS, "0", "101")),
    *((422, f"before={label(value)}", get(f"{MESSAGES}?before={value}")) for value in _BAD_INTEGERS),
    *((422, f"around={label(value)}", get(f"{MESSAGES}?around={value}")) for value in ("0", "4294967295", "4294967296")),
    *((422, f"archived={label(value)}", get(f"{LIST}?archived={value}")) for value in ("", "2", CANARY, "%00", "null", "on")),
    *((422, f"cursor={label(value)}", get(f"{LIST}?cursor={value}"))
      for value in ("", CANARY, "A" * 43, "%00", "%ff", "%ed%a0%80", "=" * 43, "%F0%9F%98%80", "A" * 3000, "null", "-_-_")),
    *((200, f"the query {label(query)}", get(f"{LIST}?".encode() + query))
      for query in (b"limit=1&limit=2", b"limit=" + CANARY.encode() + b"&limit=2", b"cursor=a&cursor=b", b"limit=1&limit=",
                    b"limit", b"&&&&", b"====", b"limit[]=1", b"limit%00=1", b"=1", b"a" * 4096, b"a" * 4097, b"a" * 15_000,
                    b"&" * 4000, b"a=b&" * 1000, b"\xff=\xfe", b"x=%zz%ff%00", b"limit=1;limit=2", b"limit=1#2", b"?limit=1",
                    b"limit=2%26limit=3", b"__proto__=1", b"request=1", b"state=1&scope=2&data=3")),
    (422, "two anchors", get(f"{MESSAGES}?before=1&after=2")),
    (422, "three anchors", get(f"{MESSAGES}?before=1&after=2&around=3")),
    (200, "an anchor twice", get(f"{MESSAGES}?after=1&after=2")),
    (422, "a limit beyond the most", get(f"{MESSAGES}?limit=201")),
]  # fmt: skip

HELLO = {"role": "user", "content": "hello"}


def append(message: Any, *fields: bytes) -> bytes:
    return send(MESSAGES, json.dumps({"messages": [message]}).encode(), *fields)


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


def message(value: bytes) -> bytes:
    return b'{"message":"' + value + b'"}'


def metadata(value: bytes) -> bytes:
    return b'{"message":"x","metadata":{"k":' + value + b"}}"


BYTES: list[Row] = [
    (400, f"the body {name}", send(CHAT, body))
    for name, body in {
        "that is empty": b"",
        "of spaces": b"   ",
        "null": b"null",
        "true": b"true",
        "a number": b"1",
        "a text": b'"' + CANARY.encode() + b'"',
        "a list": b"[]",
        "an unclosed object": b'{"message":"' + CANARY.encode(),
        "a word": CANARY.encode(),
        "with a comma too many": b'{"message":"x",}',
        "with single quotes": b"{'message':'x'}",
        "with a comment": b'{"message":"x"/**/}',
        "with a BOM": b"\xef\xbb\xbf" + _CHAT,
        "in UTF-16": _CHAT.decode().encode("utf-16"),
        "in UTF-32": _CHAT.decode().encode("utf-32"),
        "in Latin-1": message("é".encode("latin-1")),
        "followed by another": _CHAT + _CHAT,
        "followed by NUL": _CHAT + b"\0",
        "of NULs": b"\0" * 100,
        "with a cut character": message(b"\xf0\x9f\x98"),
        "with a stray continuation": message(b"\x80"),
        "with 0xFF": message(b"\xff\xfe"),
        "with an overlong NUL": message(b"\xc0\x80"),
        "with an overlong slash": message(b"\xe0\x80\xaf"),
        "with an overlong of 4 bytes": message(b"\xf0\x80\x80\x80"),
        "with an encoded surrogate": message(b"\xed\xa0\x80"),
        "with a pair of encoded surrogates": message(b"\xed\xa0\xbd\xed\xb8\x80"),
        "beyond U+10FFFF": message(b"\xf4\x90\x80\x80"),
        "of 5 bytes a character": message(b"\xf8\x88\x80\x80\x80"),
        "invalid in a key": b'{"\xff":1}',
        "invalid in metadata": metadata(b'"\xff"'),
        "invalid in a key of metadata": b'{"message":"x","metadata":{"\xc0\x80":1}}',
        "with a lone high surrogate": message(b"\\ud800"),
        "with a lone low surrogate": message(b"\\udc00"),
        "with surrogates reversed": message(b"\\udc00\\ud800"),
        "with a surrogate in a key": b'{"message":"x","metadata":{"\\ud800":1}}',
        "with a surrogate in metadata": metadata(b'"\\udfff"'),
        "with a surrogate in an unknown key": b'{"\\ud800":1}',
        "with a half escape": message(b"\\u12"),
        "with an unknown escape": message(b"\\x41"),
        "with a raw control": message(b"a\x01b"),
        "with a raw line end": message(b"a\nb"),
        "with an escape at the end": b'{"message":"x\\',
        "with NaN": metadata(b"NaN"),
        "with Infinity": metadata(b"-Infinity"),
        "with 1e400": metadata(b"1e400"),
        "with -1e999999999": metadata(b"-1e999999999"),
        "with 1e-400": metadata(b"1e-400"),
        "with -0.0": metadata(b"-0.0"),
        "with 01": metadata(b"01"),
        "with .5": metadata(b".5"),
        "with +1": metadata(b"+1"),
        "with 2^63": metadata(b"9223372036854775808"),
        "with 10^400": metadata(b"1" + b"0" * 400),
        "with 4,300 digits": metadata(b"9" * 4300),
        "with 4,301 digits": metadata(b"9" * 4301),
        "with 10,000 digits": metadata(b"-" + b"9" * 10_000),
        "with 10,000 digits behind the point": metadata(b"0." + b"3" * 10_000),
        "with a million digits": metadata(b"1" * 1_000_000),
        "with an exponent of 10,000 digits": metadata(b"1e" + b"1" * 10_000),
        "with the key twice": b'{"message":"x","message":"y"}',
        "with the key twice, once bad": b'{"message":1,"message":"y"}',
        "with a key of metadata twice": b'{"message":"x","metadata":{"a":1,"a":2}}',
        "with 20,000 keys": metadata(b"{" + b",".join(b'"%d":1' % one for one in range(20_000)) + b"}"),
        "with a key of 100,000 letters": b'{"' + b"a" * 100_000 + b'":1}',
        "with __proto__": b'{"message":"x","metadata":{"__proto__":{"a":1}}}',
        "with an empty key": b'{"message":"x","":1}',
        "deep in arrays": metadata(b"[" * 100_000),
        "deep in closed arrays": metadata(b"[" * 100_000 + b"]" * 100_000),
        "deep in objects": metadata(b'{"a":' * 100_000),
        "deep in closed objects": metadata(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
        "deep in both": metadata(b'[{"a":' * 20_000 + b"1" + b"}]" * 20_000),
        "deep from the start": b"[" * 500_000,
        "deep in an unknown key": b'{"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        "deep in the message": b'{"message":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        "deep by 33": metadata(b"[" * 31 + b"]" * 31),
        "deep by 32": metadata(b"[" * 30 + b"]" * 30),
        "deep by 9": metadata(b"[" * 8 + b"]" * 8),
        "deep by 8": metadata(b"[" * 7 + b"]" * 7),
        "wide": metadata(b"[" + b"[]," * 300_000 + b"[]]"),
        "of 1 MiB": message(b"a" * (1024 * 1024 - 14 - 2)),
        "of 1 MiB and a byte": message(b"a" * (1024 * 1024 - 14 + 1)),
        "of 1 MiB of spaces": b" " * (1024 * 1024 - 15) + _CHAT,
        "of 1 MiB of escapes": message(b"\\u0041" * 170_000),
        "of 1 MiB of NULs": message(b"\\u0000" * 170_000),
        "of 1 MiB of astral escapes": message(b"\\ud83d\\ude00" * 80_000),
        "of quotes": message(b'\\"' * 500_000),
        "of 3 MiB": b"a" * 3 * 1024 * 1024,
    }.items()
]

_WRONG: dict[str, Any] = {
    "null": None, "true": True, "a number": 1, "a fraction": 1.5, "a text": CANARY, "an empty text": "", "a list": [],
    "an object": {}, "a list of nulls": [None], "a list of lists": [[]], "a list of numbers": [1], "a list of texts": [CANARY],
}  # fmt: skip
_FIELDS: dict[str, tuple[str, str, Any, set[str]]] = {
    "message": ("POST", CHAT, lambda wrong: {"message": wrong}, {"a text"}),
    "conversation_id": ("POST", CHAT, lambda wrong: {"message": "x", "conversation_id": wrong}, {"null"}),
    "metadata of a turn": ("POST", CHAT, lambda wrong: {"message": "x", "metadata": wrong}, {"null", "an object"}),
    "title": ("POST", LIST, lambda wrong: {"title": wrong}, {"null", "a text"}),
    "metadata": ("POST", LIST, lambda wrong: {"metadata": wrong}, {"null", "an object"}),
    "messages": ("POST", LIST, lambda wrong: {"messages": wrong}, {"a list"}),
    "messages to append": ("POST", MESSAGES, lambda wrong: {"messages": wrong}, set()),
    "a message": ("POST", MESSAGES, lambda wrong: {"messages": [wrong]}, set()),
    "role": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "role": wrong}]}, set()),
    "content": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "content": wrong}]}, {"a text"}),
    "a part": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "content": [wrong]}]}, set()),
    "a part's type": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "content": [{"type": wrong}]}]},
                      {"a text", "an empty text"}),
    "a part's text": ("POST", MESSAGES,
                      lambda wrong: {"messages": [{**HELLO, "content": [{"type": "text", "text": wrong}]}]}, {"a text"}),
    "an image": ("POST", MESSAGES,
                 lambda wrong: {"messages": [{**HELLO, "content": [{"type": "image_url", "image_url": wrong}]}]}, set()),
    "an image's detail": ("POST", MESSAGES, lambda wrong: {"messages": [
        {**HELLO, "content": [{"type": "image_url", "image_url": {"url": "x", "detail": wrong}}]}]}, set()),
    "an audio's format": ("POST", MESSAGES, lambda wrong: {"messages": [
        {**HELLO, "content": [{"type": "input_audio", "input_audio": {"data": "x", "format": wrong}}]}]}, set()),
    "a file": ("POST", MESSAGES,
               lambda wrong: {"messages": [{**HELLO, "content": [{"type": "file", "file": wrong}]}]}, set()),
    "name": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "name": wrong}]}, {"null", "a text"}),
    "tool_calls": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "tool_calls": wrong}]}, {"null", "a list"}),
    "tool_call_id": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "tool_call_id": wrong}]}, {"null"}),
    "metadata of a message": ("POST", MESSAGES, lambda wrong: {"messages": [{**HELLO, "metadata": wrong}]},
                              {"null", "an object"}),
    "a new title": ("PATCH", ONE, lambda wrong: {"title": wrong}, {"null", "a text"}),
    "new metadata": ("PATCH", ONE, lambda wrong: {"metadata": wrong}, {"null", "an object"}),
    "archived": ("PATCH", ONE, lambda wrong: {"archived": wrong}, {"null", "true"}),
}  # fmt: skip


def wrong_types() -> Iterator[Row]:
    """Every kind of value at every field; one that may stand there is taken."""
    for field, (method, path, make, fits) in _FIELDS.items():
        for kind, value in _WRONG.items():
            if (field, kind) in _LEFT_OUT:
                continue
            refused = 404 if (field, kind) in _NAMES_NOTHING else 422
            taken = 200 if method == "PATCH" or path == CHAT else 201
            body = json.dumps(make(value)).encode()
            yield taken if kind in fits else refused, f"{kind} as {field}", send(path, body, method=method)


_LEFT_OUT = {("role", "a text")}
_NAMES_NOTHING = {("conversation_id", "a text"), ("conversation_id", "an empty text")}

UNKNOWN_KEYS: list[Row] = [
    (422, f"an unknown key in {name}", send(path, json.dumps(body).encode(), method=method))
    for name, method, path, body in (
        ("a turn", "POST", CHAT, {"message": "x", "Message": "y"}),
        ("a conversation", "POST", LIST, {"owner_id": "bob"}),
        ("a conversation's message", "POST", LIST, {"messages": [{**HELLO, "id": "x"}]}),
        ("an append", "POST", MESSAGES, {"messages": [HELLO], "seq": 7}),
        ("a message", "POST", MESSAGES, {"messages": [HELLO, {**HELLO, "status": "failed"}]}),
        ("a patch", "PATCH", ONE, {"last_seq": 1}),
        ("a turn, with a canary", "POST", CHAT, {"message": "x", CANARY: 1}),
    )
]

_NUL = "a\0b"
TEXTS: list[Row] = [
    (status, name, send(path, json.dumps(body).encode(), method=method))
    for status, name, method, path, body in (
        (200, "NUL in a turn", "POST", CHAT, {"message": _NUL}),
        (404, "NUL in a conversation_id", "POST", CHAT, {"message": "x", "conversation_id": f"{CONVERSATION}\0"}),
        (422, "NUL in a turn's metadata", "POST", CHAT, {"message": "x", "metadata": {"k": _NUL}}),
        (422, "NUL in a key of a turn's metadata", "POST", CHAT, {"message": "x", "metadata": {_NUL: 1}}),
        (422, "NUL deep in metadata", "POST", CHAT, {"message": "x", "metadata": {"a": [{"b": [_NUL]}]}}),
        (422, "NUL in an unknown key", "POST", CHAT, {"message": "x", _NUL: 1}),
        (422, "NUL in a title", "POST", LIST, {"title": _NUL}),
        (422, "NUL in a conversation's metadata", "POST", LIST, {"metadata": {_NUL: _NUL}}),
        (201, "NUL in a first message", "POST", LIST, {"messages": [{**HELLO, "content": _NUL}]}),
        (201, "NUL in content", "POST", MESSAGES, {"messages": [{**HELLO, "content": _NUL}]}),
        (201, "NUL alone", "POST", MESSAGES, {"messages": [{**HELLO, "content": "\0"}]}),
        (201, "NUL in a part", "POST", MESSAGES, {"messages": [{**HELLO, "content": [{"type": "text", "text": _NUL}]}]}),
        (201, "NUL in an unknown part", "POST", MESSAGES, {"messages": [{**HELLO, "content": [{"type": _NUL, _NUL: _NUL}]}]}),
        (422, "NUL in a role", "POST", MESSAGES, {"messages": [{**HELLO, "role": "user\0"}]}),
        (422, "NUL in a name", "POST", MESSAGES, {"messages": [{**HELLO, "name": _NUL}]}),
        (422, "NUL in a message's metadata", "POST", MESSAGES, {"messages": [{**HELLO, "metadata": {"k": _NUL}}]}),
        (422, "NUL in a new title", "PATCH", ONE, {"title": _NUL}),
        (422, "NUL in new metadata", "PATCH", ONE, {"metadata": {"k": _NUL}}),
        (200, "NUL deleted from metadata", "PATCH", ONE, {"metadata": {_NUL: None}}),
        (200, "bidi controls in a turn", "POST", CHAT, {"message": "\u202e\u2066a\u2069\u202c"}),
        (201, "bidi controls in a title", "POST", LIST, {"title": "\u202egnp.exe"}),
        (422, "bidi controls in a name", "POST", MESSAGES, {"messages": [{**HELLO, "name": "\u202ebob"}]}),
        (200, "astral in a turn", "POST", CHAT, {"message": "\U0001f600" * 1000}),
        (200, "noncharacters", "POST", CHAT, {"message": "\ufffe\uffff\U0010ffff"}),
        (200, "combining marks without end", "POST", CHAT, {"message": "a" + "\u0301" * 10_000}),
        (422, "blank by other spaces", "POST", CHAT, {"message": "\u2003\u00a0\u2028\u3000"}),
        (201, "a title of 200 astral", "POST", LIST, {"title": "\U0001f600" * 200}),
        (422, "a title of 201 astral", "POST", LIST, {"title": "\U0001f600" * 201}),
        (422, "a name of 129 letters", "POST", MESSAGES, {"messages": [{**HELLO, "name": "a" * 129}]}),
        (201, "SQL in a title", "POST", LIST, {"title": "'; DROP TABLE messages; -- $1 %s {x}"}),
        (403, "a role of another", "POST", MESSAGES, {"messages": [{"role": "system", "content": CANARY}]}),
        (422, "no messages", "POST", MESSAGES, {"messages": []}),
        (422, "101 messages", "POST", MESSAGES, {"messages": [HELLO] * 101}),
        (422, "101 bad messages", "POST", MESSAGES, {"messages": [{}] * 101}),
        (422, "1,001 parts", "POST", MESSAGES, {"messages": [{**HELLO, "content": [{"type": "text", "text": "a"}] * 1001}]}),
        (422, "metadata of 16 KiB and more", "POST", LIST, {"metadata": {CANARY: "x" * 16_384}}),
        (422, "a long title", "POST", LIST, {"title": CANARY * 10_000}),
        (422, "a long role", "POST", MESSAGES, {"messages": [{**HELLO, "role": "x" * 500_000}]}),
        (404, "a patch of a missing one", "PATCH", f"{LIST}/conv_{'0' * 32}", {"title": CANARY}),
        (404, "an append to a missing one", "POST", f"{LIST}/conv_{'0' * 32}/messages", {"messages": [HELLO]}),
    )
]  # fmt: skip

SHOWN = frozenset({"a request id that is well formed", "an unknown key in a turn, with a canary"})
"""Where the answer shows a part of the input, as documented: a well formed request id, the name of an unknown key."""


OTHERWISE: dict[str, int] = {
    **dict.fromkeys(
        (
            "a request id b'a\\x7f'",
            "the path b'/\\xff'",
            "the path b'/api/\\xc3\\xa9'",
            "the query b'\\xff=\\xfe'",
        ),
        400,
    ),
    **dict.fromkeys(
        (
            "the path b'/api//me'",
            "the path b'//api/me'",
            "the path b'/api/me/'",
            "the path b'/api/me//'",
            "the path b'/api%2fme'",
            "the path b'/api/m%65'",
            "the path b'/%61pi/me'",
            "the path b'/api/me?'",
            "the path b'/api/me??'",
            "the path b'/api/me#x'",
            "the path b'/openapi.json/'",
            "the path b'/health/live/'",
            "the conversation '%63onv_c0dec0dec0dec0dec0dec0dec0dec0de'",
            "the conversation 'conv_c0dec0dec0dec0dec0dec0dec0dec0de/'",
            "the conversation 'conv_c0dec0dec0dec0dec0dec0dec0dec0de%2f'",
            "the message '%6dsg_c0dec0dec0dec0dec0dec0dec0dec0de00' of 46",
            "limit='1e2'",
            "before='1e2'",
            "before='null'",
            "around='0'",
            "around='4294967295'",
            "the body with 1e-400",
            "the body with -0.0",
            "the body with 2^63",
            "the body with 10^400",
            "the body with 4,300 digits",
            "the body with 10,000 digits behind the point",
            "the body with the key twice",
            "the body with a key of metadata twice",
            "the body with __proto__",
            "the body deep by 8",
            "the body of 1 MiB",
            "the body of 1 MiB of spaces",
            "the body of 1 MiB of escapes",
            "the body of 1 MiB of NULs",
            "the body of 1 MiB of astral escapes",
            "the body of quotes",
        ),
        200,
    ),
    **dict.fromkeys(
        (
            "the path b'/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' of 1025",
            "the path b'/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' of 20001",
            "the query b'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' of 4097",
            "the query b'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' of 15000",
        ),
        414,
    ),
    **dict.fromkeys(
        (
            "the query b'cursor=a&cursor=b'",
            "the query b'limit=1&limit='",
            "the query b'limit'",
            "the query b'limit=1;limit=2'",
            "the query b'limit=2%26limit=3'",
            "the body null",
            "the body true",
            "the body a number",
            "the body a text",
            "the body a list",
            "the body with 1e400",
            "the body with -1e999999999",
            "the body with 4,301 digits",
            "the body with 10,000 digits",
            "the body with a million digits",
            "the body with an exponent of 10,000 digits",
            "the body with the key twice, once bad",
            "the body with 20,000 keys",
            "the body with a key of 100,000 letters",
            "the body with an empty key",
            "the body deep from the start",
            "the body deep in an unknown key",
            "the body deep in the message",
            "the body deep by 32",
            "the body deep by 9",
            "the body wide",
        ),
        422,
    ),
    **dict.fromkeys(
        (
            "the body of 1 MiB and a byte",
            "the body of 3 MiB",
        ),
        413,
    ),
}
"""Those of a family that get another status than the rest of it."""


def corpus() -> list[Input]:
    """All inputs; every name once."""
    tables = (REQUEST_LINES, METHODS, FIELDS, AUTHORIZATIONS, FRAMING, BROKEN_OFF, PATHS, IDS, QUERIES, KEYS, TYPES, BYTES,
              [*wrong_types()], UNKNOWN_KEYS, TEXTS)  # fmt: skip
    return [
        Input(name, data, _statuses(OTHERWISE.get(name, status)), not data.startswith(b"HEAD "))
        for table in tables
        for status, name, data in table
    ]


def _statuses(status: int | tuple[int, ...]) -> tuple[int, ...]:
    return status if isinstance(status, tuple) else (status,)
