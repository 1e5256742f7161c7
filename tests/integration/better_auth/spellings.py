"""How a session may be written into the Authorization and the Cookie header, well and badly."""

from collections.abc import Callable
from typing import Final

from tests.integration.better_auth.credentials import (
    changed,
    encoded,
    hex_signed,
    json_web_token,
    other_spelling,
    signature,
    signed,
    url_safe,
)
from tests.support.better_auth_server import SignedIn
from tests.support.raw_http import Header

type Text = Callable[[SignedIn, str], str]
"""A credential of a person, given better-auth's secret."""
type Spelling = Callable[[SignedIn, str], list[Header]]
"""The headers with it."""

_OTHER_SECRET: Final = "another-secret-0123456789-abcdefghijklmnopqrstuvwxyz"


def _each_encoded(text: str) -> str:
    return "".join(f"%{ord(character):02X}" for character in text)


def _authorization(*texts: Text) -> Spelling:
    return lambda person, secret: [("Authorization", text(person, secret).encode("latin-1")) for text in texts]


def _cookie(*texts: Text) -> Spelling:
    return lambda person, secret: [("Cookie", text(person, secret).encode("latin-1")) for text in texts]


def _bearer(text: Text) -> Spelling:
    return _authorization(lambda person, secret: f"Bearer {text(person, secret)}")


def _session_cookie(text: Text) -> Spelling:
    return _cookie(lambda person, secret: f"{person.cookie_name}={text(person, secret)}")


_SAME: Final[dict[str, Text]] = {
    "raw": lambda p, _: p.token,
    "signed": lambda p, _: p.set_auth_token,
    "encoded": lambda p, _: p.cookie_value,
    "encoded in lower case": lambda p, _: p.set_auth_token.replace("+", "%2b").replace("/", "%2f").replace("=", "%3d"),
    "encoded dot": lambda p, _: p.cookie_value.replace(".", "%2E"),
    "encoded letters": lambda p, _: _each_encoded(p.token) + p.set_auth_token.removeprefix(p.token),
    "encoded raw": lambda p, _: _each_encoded(p.token),
    "all encoded": lambda p, _: _each_encoded(p.set_auth_token),
    "double-encoded": lambda p, _: encoded(p.cookie_value),
    "other base64": lambda p, _: other_spelling(p.set_auth_token),
    "base64url": lambda p, _: url_safe(p.set_auth_token),
    "unpadded": lambda p, _: p.set_auth_token.rstrip("="),
    "padded twice": lambda p, _: p.set_auth_token + "=",
    "hex": lambda p, secret: hex_signed(p.token, secret),
    "changed token": lambda p, _: changed(p.set_auth_token),
    "changed signature": lambda p, _: f"{p.token}.{changed(p.set_auth_token.rpartition('.')[2])}",
    "other case": lambda p, _: p.token.swapcase(),
    "other secret": lambda p, _: signed(p.token, _OTHER_SECRET),
    "unknown token": lambda _, secret: signed("0" * 32, secret),
    "unknown raw token": lambda _, __: "0" * 32,
    "no token": lambda p, secret: f".{signature(p.token, secret)}",
    "no signature": lambda p, _: f"{p.token}.",
    "three parts": lambda p, _: f"{p.set_auth_token}.x",
    "two tokens": lambda p, secret: f"{p.token}.{signed(p.token, secret)}",
    "dot before": lambda p, _: f".{p.set_auth_token}",
    "quoted": lambda p, _: f'"{p.cookie_value}"',
    "half quoted": lambda p, _: f'"{p.cookie_value}',
    "half quoted and longer": lambda p, _: f'"{p.set_auth_token}x',
    "blank inside": lambda p, _: p.set_auth_token.replace(".", ". "),
    "plus for blank": lambda p, _: p.cookie_value.replace("%2B", "+"),
    "broken percent": lambda p, _: f"{p.cookie_value}%",
    "not UTF-8": lambda p, _: f"{p.cookie_value}%ff",
    "encoded NUL": lambda p, _: f"{p.cookie_value}%00",
    "JWT": lambda p, secret: json_web_token(p.user_id, secret),
    "undefined": lambda _, __: "undefined",
}
"""What may follow both ``Bearer`` and the cookie's name."""

BEARERS: Final[dict[str, Spelling]] = {
    "none": lambda _, __: [],
    **{name: _bearer(text) for name, text in _SAME.items()},
    "lower-case scheme": _authorization(lambda p, _: f"bearer {p.token}"),
    "upper-case scheme": _authorization(lambda p, _: f"BEARER {p.set_auth_token}"),
    "many blanks": _authorization(lambda p, _: f"Bearer    {p.token}   "),
    "blank and tab": _authorization(lambda p, _: f"Bearer \t{p.token}\t"),
    "tab": _authorization(lambda p, _: f"Bearer\t{p.token}"),
    "no-break space": _authorization(lambda p, _: f"Bearer \xa0{p.token}"),
    "next line": _authorization(lambda p, _: f"Bearer \x85{p.token}"),
    "no blank": _authorization(lambda p, _: f"Bearer{p.token}"),
    "empty": _authorization(lambda _, __: "Bearer "),
    "empty, blanks": _authorization(lambda _, __: "Bearer   \t "),
    "scheme only": _authorization(lambda _, __: "Bearer"),
    "nothing": _authorization(lambda _, __: ""),
    "basic": _authorization(lambda p, _: f"Basic {p.token}"),
    "token only": _authorization(lambda p, _: p.token),
    "scheme twice": _authorization(lambda p, _: f"Bearer Bearer {p.token}"),
    "two words": _authorization(lambda p, _: f"Bearer {p.token} {p.token}"),
    "list": _authorization(lambda p, _: f"Bearer {p.token}, Bearer {p.token}"),
    "cookie inside": _authorization(lambda p, _: f"Bearer {p.set_auth_token}; {p.cookie}"),
    "two headers": _authorization(lambda p, _: f"Bearer {p.token}", lambda p, _: f"Bearer {p.token}"),
    "two headers, bad last": _authorization(lambda p, _: f"Bearer {p.token}", lambda _, __: "Bearer bad"),
    "two headers, bad first": _authorization(lambda _, __: "Basic bad", lambda p, _: f"Bearer {p.token}"),
    "two headers, empty first": _authorization(lambda _, __: "Bearer ", lambda p, _: f"Bearer {p.token}"),
}


def _other_name(name: str) -> str:
    prefix = "__Secure-"
    return name.removeprefix(prefix) if name.startswith(prefix) else prefix + name


COOKIES: Final[dict[str, Spelling]] = {
    "none": lambda _, __: [],
    **{name: _session_cookie(text) for name, text in _SAME.items()},
    "empty": _cookie(lambda p, _: f"{p.cookie_name}="),
    "name only": _cookie(lambda p, _: p.cookie_name),
    "value only": _cookie(lambda p, _: f"={p.cookie_value}"),
    "other name": _cookie(lambda p, _: f"{_other_name(p.cookie_name)}={p.cookie_value}"),
    "host name": _cookie(lambda p, _: f"__Host-{p.cookie_name}={p.cookie_value}"),
    "upper-case name": _cookie(lambda p, _: f"{p.cookie_name.upper()}={p.cookie_value}"),
    "encoded name": _cookie(lambda p, _: f"{p.cookie_name.replace('.', '%2E')}={p.cookie_value}"),
    "quoted name": _cookie(lambda p, _: f'"{p.cookie_name}"={p.cookie_value}'),
    "no-break space before name": _cookie(lambda p, _: f"\xa0{p.cookie}"),
    "session_data": _cookie(lambda p, _: p.cookie.replace("session_token", "session_data")),
    "multi-session": _cookie(lambda p, _: p.cookie.replace("=", f"_multi-{p.token.lower()}=")),
    "chunk": _cookie(lambda p, _: p.cookie.replace("=", ".0=")),
    "among others": _cookie(lambda p, _: f"a=1; {p.cookie}; b=2"),
    "without blanks": _cookie(lambda p, _: f"a=1;{p.cookie};b=2"),
    "after one without a value": _cookie(lambda p, _: f"a; {p.cookie}"),
    "many blanks": _cookie(lambda p, _: f"a=1 ;  \t {p.cookie_name}  =  {p.cookie_value}  ; b"),
    "in a value": _cookie(lambda p, _: f"a={p.cookie}"),
    "in quotes of another": _cookie(lambda p, _: f'a="; {p.cookie}"'),
    "other name too": _cookie(lambda p, _: f"{_other_name(p.cookie_name)}=bad; {p.cookie}"),
    "comma": _cookie(lambda p, _: f"a=1, {p.cookie}"),
    "twice": _cookie(lambda p, _: f"{p.cookie}; {p.cookie}"),
    "twice, bad last": _cookie(lambda p, _: f"{p.cookie}; {p.cookie_name}=bad"),
    "twice, bad first": _cookie(lambda p, _: f"{p.cookie_name}=bad; {p.cookie}"),
    "twice, empty first": _cookie(lambda p, _: f"{p.cookie_name}=; {p.cookie}"),
    "two headers": _cookie(lambda p, _: p.cookie, lambda p, _: p.cookie),
    "two headers, one other": _cookie(lambda _, __: "a=1", lambda p, _: p.cookie),
    "two headers, bad last": _cookie(lambda p, _: p.cookie, lambda p, _: f"{p.cookie_name}=bad"),
}
