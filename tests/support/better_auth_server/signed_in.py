"""A session as better-auth hands it out, in every form of its credential."""

from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote

import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A person's session. In the comments, the signature is base64 of an HMAC over the token."""

    user_id: str
    token: str  # as it stands in the session table
    set_auth_token: str  # token.signature, percent-decoded
    cookie_name: str
    cookie_value: str  # token.signature, percent-encoded
    set_cookies: tuple[str, ...] = field(repr=False)  # every Set-Cookie header as it came

    @property
    def cookie(self) -> str:
        """The Cookie header that a browser would send."""
        return f"{self.cookie_name}={self.cookie_value}"

    @classmethod
    def from_response(cls, response: httpx.Response) -> Self:
        """Read the answer of any call that makes a session: they agree in headers, not in the body's shape."""
        signed = response.headers["set-auth-token"]
        set_cookies = tuple(response.headers.get_list("set-cookie"))
        pairs = [line.partition(";")[0].partition("=") for line in set_cookies]
        name, value = next((name, value) for name, _, value in pairs if unquote(value) == signed)
        return cls(
            user_id=response.json()["user"]["id"],
            token=signed.rpartition(".")[0],
            set_auth_token=signed,
            cookie_name=name,
            cookie_value=value,
            set_cookies=set_cookies,
        )
