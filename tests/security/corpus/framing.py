# ruff: noqa: E501 - an input is a line
"""How a body is framed, requests behind requests, and what is broken off."""

from tests.security.corpus.inputs import BEARER, CANARY, HOST, JSON, LIVE, Row, chunked, framed, get, head

CHUNKED = b"Transfer-Encoding: chunked"
TRAILERS = [
    b'If-Match: "7"\r\n',
    b"Idempotency-Key: a b\r\n",
    b"Content-Encoding: gzip\r\n",
    b"Host: y\r\n",
    b"Expect: x\r\n",
]

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
    ((400, 400), "no length and a body", framed()),
    ((400, 400), "too little length", framed(b"Content-Length: 14")),
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
    (413, "4,200 chunks of one byte", chunked(b"1\r\n \r\n" * 4200, b"0\r\n\r\n")),
    (200, "5,000 chunks of 100 bytes", chunked(b"f\r\n", b'{"message":"x"}', b"\r\n",
                                               (b"64\r\n" + b" " * 100 + b"\r\n") * 5000, b"0\r\n\r\n")),
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
    (200, "a trailer", chunked(b"f\r\n", b'{"message":"x"}', b"\r\n0\r\nAuthorization: Bearer x\r\n\r\n")),
    (200, "trailers", chunked(b"f\r\n", b'{"message":"x"}', b"\r\n0\r\n", *TRAILERS, b"\r\n")),
    (401, "a trailer that would authenticate", head(b"POST /api/chat HTTP/1.1", HOST, JSON, CHUNKED)
     + b'f\r\n{"message":"x"}\r\n0\r\n' + BEARER + b"\r\n\r\n"),
    (415, "a trailer that would be the content's type", head(b"POST /api/chat HTTP/1.1", HOST, BEARER, CHUNKED)
     + b'f\r\n{"message":"x"}\r\n0\r\n' + JSON + b"\r\n\r\n"),
    (431, "2,000 trailers", chunked(b"f\r\n", b'{"message":"x"}', b"\r\n0\r\n", b"x1: y\r\n" * 2000, b"\r\n")),
    (431, "a trailer of 20 KB", chunked(b"f\r\n", b'{"message":"x"}', b"\r\n0\r\nx: ", b"y" * 20_000, b"\r\n\r\n")),
    ((200, 401, 200), "requests behind trailers", chunked(b"f\r\n", b'{"message":"x"}', b"\r\n0\r\na: b\r\n\r\n")
     + framed(b"Content-Length: 15").replace(BEARER, b"a: b") + head(LIVE, HOST)),
    (400, "a trailer that is none", chunked(b"f\r\n", b'{"message":"x"}', b"\r\n0\r\nno colon\r\n\r\n")),
    (413, "chunks of 1 MiB and more", chunked(b"100010\r\n", b" " * 0x100010, b"\r\n0\r\n\r\n")),
    ((200, 200, 200), "three at once", head(LIVE, HOST) * 3),
    ((200, 200), "a request smuggled behind a length", framed(b"Content-Length: 15") + head(LIVE, HOST)),
    ((200, 400), "nonsense behind a request that takes its time", get("/api/me") + b"\0\r\n\r\n"),
    ((200, 200, 400), "nonsense behind two requests", get("/api/me") * 2 + b"\0\r\n\r\n"),
    ((200, 400), "a bad chunk behind a request", get("/api/me") + chunked(b"zz\r\n")),
    ((200, 400), "a second request that names no host", get("/api/me") + head(LIVE)),
    ((200, 400), "nonsense behind a request", head(LIVE, HOST) + b"\0\0\0\r\n\r\n"),
    (200, "a request behind one that closes", head(LIVE, HOST, b"Connection: close") + head(LIVE, HOST)),
    ((200, 404, 200), "a bad one between good ones", head(LIVE, HOST) + head(b"GET /%zz HTTP/1.1", HOST) + head(LIVE, HOST)),
    ((200, 400), "a body behind GET without a length", head(LIVE, HOST) + b'{"message": "x"}\r\n\r\n'),
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
