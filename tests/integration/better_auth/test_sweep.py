"""Every spelling of a bearer token and of a cookie: whose session it is for us and for better-auth, and why."""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import product
from typing import Final

import pytest

from tests.integration.better_auth.spellings import BEARERS, COOKIES
from tests.integration.better_auth.world import World

COMBINATIONS: Final = sorted(
    {
        *product(BEARERS, ["none", "encoded", "other secret", "twice"]),
        *product(["none", "signed", "other secret", "empty", "basic"], COOKIES),
    }
)


ABSENT: Final = {"none", "empty", "empty, blanks", "scheme only", "nothing", "tab", "no blank", "basic", "token only"}
"""What is no bearer, to better-auth and to us."""
BEARERS_OWNER, COOKIES_OWNER = "the bearer's", "the cookie's"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Why we refuse these bearers, and these cookies, where better-auth takes the request for one of `theirs`.

    There is none for the other way round: what better-auth refuses, we refuse.
    """

    reason: str
    bearers: Collection[str] = ()
    cookies: Collection[str] = ()
    theirs: Collection[str] = (COOKIES_OWNER,)
    is_in_each: bool = True
    """Whether each of the bearers and cookies shows it, not only some."""

    def explains(self, bearer: str, cookie: str, answers: tuple[str | None, str | None]) -> set[str]:
        """The one or two of them that make the difference between our answer and better-auth's."""
        ours, theirs = answers
        explained = {bearer}.intersection(self.bearers) | {cookie}.intersection(self.cookies)
        return explained if ours is None and theirs in self.theirs else set()


POLICIES: Final = [
    Policy(
        reason="A bearer decides alone: whoever sends one means it, and a cookie must not stand in for one that ended",
        bearers=BEARERS.keys() - ABSENT,
        is_in_each=False,
    ),
    Policy(
        reason="Several Authorization headers are refused: better-auth takes the first, a proxy perhaps the last",
        bearers={name for name in BEARERS if name.startswith("two headers")},
        theirs=(BEARERS_OWNER, COOKIES_OWNER),
    ),
    Policy(
        reason="Several session cookies are refused: a sibling domain may have planted one of them",
        cookies={"twice", "twice, bad last", "two headers", "two headers, bad last"},
    ),
    Policy(
        reason="Only blanks and tabs are white space (RFC 9110, section 5.6.3); JavaScript knows more",
        bearers={"no-break space"},
        cookies={"no-break space before name"},
        theirs=(BEARERS_OWNER, COOKIES_OWNER),
    ),
    Policy(
        reason="Quotes come in pairs (RFC 6265, section 4.1.1); better-auth drops the last character, whatever it is",
        cookies={"half quoted and longer"},
    ),
]


@pytest.mark.parametrize("name", ["http", "https", "signed"])
def test_we_differ_from_better_auth_only_where_a_policy_says_why(request: pytest.FixtureRequest, name: str) -> None:
    world: World = request.getfixturevalue(f"{name}_world")
    cookies_owner, bearers_owner = world.sign_up(), world.sign_up()
    names = {cookies_owner.user_id: COOKIES_OWNER, bearers_owner.user_id: BEARERS_OWNER, None: None}
    shown: dict[str, set[str]] = {policy.reason: set() for policy in POLICIES}
    unexplained: list[str] = []

    for bearer, cookie in COMBINATIONS:
        headers = [
            *BEARERS[bearer](bearers_owner, world.auth.secret),
            *COOKIES[cookie](cookies_owner, world.auth.secret),
        ]
        answers = names[world.owner(headers)], names[world.better_auths_owner(headers)]
        explained = {policy.reason: policy.explains(bearer, cookie, answers) for policy in POLICIES}
        for reason, by in explained.items():
            shown[reason] |= by
        if answers[0] != answers[1] and not any(explained.values()):
            unexplained.append(f"bearer {bearer!r}, cookie {cookie!r}: we say {answers[0]}, better-auth {answers[1]}")

    assert len(COMBINATIONS) >= 60
    assert not unexplained, "\n".join(unexplained)
    for policy in POLICIES:
        assert shown[policy.reason] == {*policy.bearers, *policy.cookies} or not policy.is_in_each, policy.reason
        assert shown[policy.reason], policy.reason
