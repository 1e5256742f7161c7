"""Credentials as better-auth writes them, and as it never would."""

import base64
import hashlib
import hmac
import json
import string
from typing import Final
from urllib.parse import quote

from tests.support.better_auth_server import SignedIn
from tests.support.raw_http import Header

_BASE64: Final = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
FORMS: Final = ("token", "set_auth_token", "cookie_value", "cookie")
"""The three spellings of a bearer, and the cookie, as SignedIn calls them."""


def bearer(credential: str) -> Header:
    """The Authorization header."""
    return "Authorization", f"Bearer {credential}"


def credential(form: str, person: SignedIn) -> Header:
    """The session in one of its FORMS."""
    return ("Cookie", person.cookie) if form == "cookie" else bearer(getattr(person, form))


def signature(token: str, secret: str) -> str:
    """better-auth's signature of a token: padded base64 of an HMAC-SHA256."""
    return base64.b64encode(_mac(token, secret)).decode()


def signed(token: str, secret: str) -> str:
    """``token.signature``."""
    return f"{token}.{signature(token, secret)}"


def encoded(text: str) -> str:
    """JavaScript's encodeURIComponent, for tokens and signatures."""
    return quote(text, safe="")


def hex_signed(token: str, secret: str) -> str:
    """``token.signature`` with the signature in hex."""
    return f"{token}.{_mac(token, secret).hex()}"


def other_spelling(signed_token: str) -> str:
    """Another base64 of the same signature: the bits that the last digit does not use are set otherwise."""
    last = _BASE64[_BASE64.index(signed_token[-2]) ^ 1]
    return f"{signed_token[:-2]}{last}="


def url_safe(signed_token: str) -> str:
    """The signature in base64url, where that differs."""
    return signed_token.translate(str.maketrans("+/", "-_"))


def changed(text: str) -> str:
    """The text with another first character."""
    return ("a" if text[0] != "a" else "b") + text[1:]


def json_web_token(user_id: str, secret: str) -> str:
    """A JWT of the user, signed with better-auth's secret."""
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": user_id, "exp": 9999999999}]
    content = ".".join(_base64url(json.dumps(part).encode()) for part in parts)
    return f"{content}.{_base64url(_mac(content, secret))}"


def _mac(text: str, secret: str) -> bytes:
    return hmac.digest(secret.encode(), text.encode(), hashlib.sha256)


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
