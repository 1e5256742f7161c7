# ruff: noqa: E501 - an input is a line
"""Queries."""

from tests.security.corpus.inputs import CANARY, CONTEXT, LIST, MESSAGES, Row, get, label

_BAD_INTEGERS = ("", "-1", "1.5", "1e2", "%2B1", "%201", "1_0", "0x1", "%D9%A1", "%EF%BC%91", "NaN", "inf", "1" + "0" * 30,
                 "9223372036854775808", "18446744073709551616", "9" * 4000, "%00", "%ff", "%zz", CANARY, "null", "true",
                 "[]", "1,2", "1%3B2")  # fmt: skip
_QUERIES: dict[int, tuple[bytes, ...]] = {
    422: (
        b"limit=1&limit=2", b"limit=1&limit=1", b"limit=" + CANARY.encode() + b"&limit=2", b"cursor=a&cursor=b",
        b"limit=1&limit=", b"limit=2&lim%69t=3", b"lim%69t=1e1", b"archived=1&archived=1", b"limit", b"limit=1;limit=2",
        b"limit=2%26limit=3", b"limit=%31", b"limit=+1", b"limit=1+", b"limit=1.0", b"limit=007",
    ),
    414: (b"a" * 4097, b"a" * 15_000, b"&" * 4000, b"a=b&" * 1000, b"&" * 32),
    400: (b"\xff=\xfe", b"limit=1#2"),
    200: (
        b"", b"&&&&", b"&" * 31, b"====", b"limit[]=1", b"limit%00=1", b"=1", b"a" * 4096, b"a=1&a=2",
        b"x=%zz%ff%00", b"?limit=1", b"__proto__=1", b"request=1", b"state=1&scope=2&data=3",
    ),
}  # fmt: skip
QUERIES: list[Row] = [
    *((422, f"limit={label(value)}", get(f"{LIST}?limit={value}")) for value in (*_BAD_INTEGERS, "0", "101")),
    *((422, f"before={label(value)}", get(f"{MESSAGES}?before={value}")) for value in _BAD_INTEGERS),
    (422, "around beyond the most", get(f"{MESSAGES}?around=4294967296")),
    *((200, f"around={seq}", get(f"{MESSAGES}?around={seq}")) for seq in (0, 4294967295)),
    *((422, f"archived={label(value)}", get(f"{LIST}?archived={value}")) for value in ("", "2", CANARY, "%00", "null", "on")),
    *((422, f"cursor={label(value)}", get(f"{LIST}?cursor={value}"))
      for value in ("", CANARY, "A" * 43, "%00", "%ff", "%ed%a0%80", "=" * 43, "%F0%9F%98%80", "A" * 3000, "null", "-_-_")),
    *((status, f"the query {label(query)}", get(f"{LIST}?".encode() + query))
      for status, queries in _QUERIES.items() for query in queries),
    *((422, f"max_tokens={label(value)}", get(f"{CONTEXT}?max_tokens={value}"))
      for value in (*_BAD_INTEGERS, "0", "1", "1000001")),
    *((422, f"max_messages={label(value)}", get(f"{CONTEXT}?max_messages={value}")) for value in ("", "0", "1001", CANARY)),
    (422, "a budget twice", get(f"{CONTEXT}?max_tokens=100&max_tokens=100")),
    (200, "the largest budget", get(f"{CONTEXT}?max_messages=1000&max_tokens=1000000")),
    (422, "two anchors", get(f"{MESSAGES}?before=1&after=2")),
    (422, "three anchors", get(f"{MESSAGES}?before=1&after=2&around=3")),
    (422, "an anchor twice", get(f"{MESSAGES}?after=1&after=2")),
    (422, "a limit beyond the most", get(f"{MESSAGES}?limit=201")),
]  # fmt: skip
