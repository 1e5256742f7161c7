"""What a caller shows to prove who they are."""

from dataclasses import dataclass, field
from enum import StrEnum


class CredentialKind(StrEnum):
    """How it came: a bearer is sent on purpose, a cookie is sent by the browser whoever asks it to."""

    BEARER = "bearer"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A session token as it was sent, perhaps signed, perhaps percent-encoded; it never shows in a repr."""

    kind: CredentialKind
    value: str = field(repr=False)
