"""Bodies as the AI SDK's front ends send them, by the status that they get."""

from tests.security.corpus.inputs import CANARY, CHAT, Row, send

_ID = b'"conv_' + b"5e1f" * 8 + b'"'
_TEXT = b'{"type":"text","text":"x"}'


def ui(messages: bytes, more: bytes = b"", chat_id: bytes = _ID) -> bytes:
    return b'{"id":' + chat_id + b',"trigger":"submit-message","messages":' + messages + more + b"}"


def last(part: bytes, message: bytes = b'"role":"user"') -> bytes:
    return ui(b'[{"role":"user"},{' + message + b',"parts":[' + part + b"]}]")


def url(value: bytes, media_type: bytes = b"image/png") -> bytes:
    return last(b'{"type":"file","mediaType":"' + media_type + b'","url":"' + value + b'"}')


_BODIES: dict[int, dict[str, bytes]] = {
    400: {
        "that ends in its messages": ui(b"[{},")[:-1],
        "with a lone surrogate": last(b'{"type":"text","text":"\\ud800"}'),
        "with 0xFF": last(b'{"type":"text","text":"\xff"}'),
        "deep in an earlier message": ui(b"[" * 100_000),
        "deep in closed earlier messages": ui(b"[" + b"[" * 100_000 + b"]" * 100_000 + b",{}]"),
        "deep by 33": last(_TEXT, b'"role":"user","metadata":' + b"[" * 32 + b"]" * 32),
    },
    422: {
        "without messages": ui(b"[]"),
        "with null for messages": ui(b"null"),
        "with a text for messages": ui(b'"' + CANARY.encode() + b'"'),
        "whose last message is null": ui(b"[null]"),
        "whose last message is a list": ui(b"[[]]"),
        "whose last message is the system's": last(_TEXT, b'"role":"system"'),
        "whose last message is the assistant's": last(_TEXT, b'"role":"assistant"'),
        "of another role": last(_TEXT, b'"role":"' + CANARY.encode() + b'"'),
        "with a role that is a list": last(_TEXT, b'"role":["user"]'),
        "without parts": ui(b'[{"role":"user"}]'),
        "with no parts": last(b""),
        "with a part that is null": last(b"null"),
        "with a part of no type": last(b'{"text":"x"}'),
        "with a text that is a number": last(b'{"type":"text","text":1}'),
        "with a blank text": last(b'{"type":"text","text":" \\n"}'),
        "with 1,001 parts": last(b",".join([_TEXT] * 1001)),
        "with 30,000 parts": last(b",".join([_TEXT] * 30_000)),
        "with a script for a file": url(b"javascript:alert(1)"),
        "with an address of the page": url(b"blob:https://app.test/1"),
        "with a path for a file": url(b"/etc/passwd"),
        "with a file of the host": url(b"file:///etc/passwd"),
        "with a document by its address": url(b"https://files.test/a.pdf", b"application/pdf"),
        "with a media type that is null": last(b'{"type":"file","mediaType":null,"url":"data:,"}'),
        "with the SDK's own id": ui(b"[{}]", chat_id=b'"5Zr0c2VnT3wWqK1s"'),
        "with an id of capitals": ui(b"[{}]", chat_id=_ID.upper()),
        "with an id that is a number": ui(b"[{}]", chat_id=b"1"),
        "with a trigger that is none": ui(b"[{}]", b',"trigger":"' + CANARY.encode() + b'"'),
        "that asks again without a key": ui(b"[{}]", b',"trigger":"regenerate-message"'),
        "that edits": ui(b"[{}]", b',"messageId":"' + CANARY.encode() + b'"'),
        "with a message beside its messages": ui(b"[{}]", b',"message":"x"'),
    },
}
FRONT_ENDS: list[Row] = [
    (status, f"a front end's body {name}", send(CHAT, body))
    for status, bodies in _BODIES.items()
    for name, body in bodies.items()
]
