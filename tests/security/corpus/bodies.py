"""Bodies, by the status that they get."""

from tests.security.corpus.inputs import CANARY, CHAT, Row, send


def message(value: bytes) -> bytes:
    return b'{"message":"' + value + b'"}'


def metadata(value: bytes) -> bytes:
    return b'{"message":"x","metadata":{"k":' + value + b"}}"


_CHAT = b'{"message":"x"}'
_BODIES: dict[int, dict[str, bytes]] = {
    400: {
        "that is empty": b"",
        "of spaces": b"   ",
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
        "with 01": metadata(b"01"),
        "with .5": metadata(b".5"),
        "with +1": metadata(b"+1"),
        "deep in arrays": metadata(b"[" * 100_000),
        "deep in closed arrays": metadata(b"[" * 100_000 + b"]" * 100_000),
        "deep in objects": metadata(b'{"a":' * 100_000),
        "deep in closed objects": metadata(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
        "deep in both": metadata(b'[{"a":' * 20_000 + b"1" + b"}]" * 20_000),
        "deep in an unknown key": b'{"x":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        "deep in the message": b'{"message":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        "deep by 33": metadata(b"[" * 31 + b"]" * 31),
    },
    422: {
        "null": b"null",
        "true": b"true",
        "a number": b"1",
        "a text": b'"' + CANARY.encode() + b'"',
        "a list": b"[]",
        "with 1e400": metadata(b"1e400"),
        "with -1e999999999": metadata(b"-1e999999999"),
        "with 4,301 digits": metadata(b"9" * 4301),
        "with 10,000 digits": metadata(b"-" + b"9" * 10_000),
        "with a million digits": metadata(b"1" * 1_000_000),
        "with an exponent of 10,000 digits": metadata(b"1e" + b"1" * 10_000),
        "with the key twice, once bad": b'{"message":1,"message":"y"}',
        "with 20,000 keys": metadata(b"{" + b",".join(b'"%d":1' % one for one in range(20_000)) + b"}"),
        "with a key of 100,000 letters": b'{"' + b"a" * 100_000 + b'":1}',
        "with an empty key": b'{"message":"x","":1}',
        "deep from the start": b"[" * 500_000,
        "deep by 32": metadata(b"[" * 30 + b"]" * 30),
        "deep by 9": metadata(b"[" * 8 + b"]" * 8),
        "wide": metadata(b"[" + b"[]," * 300_000 + b"[]]"),
    },
    413: {
        "of 1 MiB and a byte": message(b"a" * (1024 * 1024 - 14 + 1)),
        "of 3 MiB": b"a" * 3 * 1024 * 1024,
    },
    200: {
        "with 1e-400": metadata(b"1e-400"),
        "with -0.0": metadata(b"-0.0"),
        "with 2^63": metadata(b"9223372036854775808"),
        "with 10^400": metadata(b"1" + b"0" * 400),
        "with 4,300 digits": metadata(b"9" * 4300),
        "with 10,000 digits behind the point": metadata(b"0." + b"3" * 10_000),
        "with the key twice": b'{"message":"x","message":"y"}',
        "with a key of metadata twice": b'{"message":"x","metadata":{"a":1,"a":2}}',
        "with __proto__": b'{"message":"x","metadata":{"__proto__":{"a":1}}}',
        "deep by 8": metadata(b"[" * 7 + b"]" * 7),
        "of 1 MiB": message(b"a" * (1024 * 1024 - 14 - 2)),
        "of 1 MiB of spaces": b" " * (1024 * 1024 - 15) + _CHAT,
        "of 1 MiB of escapes": message(b"\\u0041" * 170_000),
        "of 1 MiB of NULs": message(b"\\u0000" * 170_000),
        "of 1 MiB of astral escapes": message(b"\\ud83d\\ude00" * 80_000),
        "of quotes": message(b'\\"' * 500_000),
    },
}
BODIES: list[Row] = [
    (status, f"the body {name}", send(CHAT, body))
    for status, bodies in _BODIES.items()
    for name, body in bodies.items()
]
