"""What a caller shows to prove who they are."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A session token as it was sent, perhaps signed, perhaps percent-encoded; it never shows in a repr.

    ``must_be_signed`` is said of what came in a way in which the bare token proves nothing.
    """

    value: str = field(repr=False)
    must_be_signed: bool
