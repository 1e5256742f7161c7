"""Credentials, read from raw headers."""

import pytest

from domain.credential import Credential
from domain.errors import UnauthenticatedError
from entrypoints.http.credentials import ReadingFailure, read_credential
from tests.support.headers import headers

NAME = "better-auth.session_token"


# What a better-auth 1.7 server handed out under this secret.
@pytest.mark.parametrize(
    ("lines", "is_cookie", "value"),
    [
        (["Authorization: Bearer abc"], False, "abc"),
        (["Authorization: bEARER   abc "], False, "abc"),
        (["Authorization: Bearer abc", f"Cookie: {NAME}=def"], False, "abc"),
        (["Authorization: Bearer", f"Cookie: {NAME}=def"], True, "def"),
        (["Authorization: Bearer  ", f"Cookie: {NAME}=def"], True, "def"),
        (["Authorization: Basic abc", f"Cookie: {NAME}=def"], True, "def"),
        (["Authorization: Bearer\tabc", f"Cookie: {NAME}=def"], True, "def"),
        ([f"Cookie: a=b; {NAME}=def; c=d"], True, "def"),
        ([f"Cookie: a=b;{NAME}=def;c=d"], True, "def"),
        (["Cookie: a=b", f"Cookie: {NAME}=def"], True, "def"),
        ([f"Cookie: {NAME}=d=e+f/%2B"], True, "d=e+f/%2B"),
        ([f'Cookie: {NAME}="def"'], True, "def"),
        ([f"Cookie: {NAME}={{x}}; odd; =; ;; {NAME}x=1; x{NAME}=2"], True, "{x}"),
    ],
)
def test_a_credential_is_read_as_it_was_sent(lines: list[str], *, is_cookie: bool, value: str) -> None:
    sent = read_credential(headers(*lines), NAME)

    assert (sent.is_cookie, sent.credential) == (is_cookie, Credential(value=value, must_be_signed=is_cookie))
    assert value not in repr(sent)


@pytest.mark.parametrize(
    ("lines", "failure"),
    [
        ([], ReadingFailure.ABSENT),
        (["Authorization: Basic abc"], ReadingFailure.ABSENT),
        (["Cookie: a=b"], ReadingFailure.ABSENT),
        ([f"Cookie: {NAME}="], ReadingFailure.OTHER_COOKIE),
        ([f"Cookie: __Secure-{NAME}=def"], ReadingFailure.OTHER_COOKIE),
        ([f"Cookie: {NAME.upper()}=def"], ReadingFailure.ABSENT),
        ([f"Cookie: {NAME}=def; {NAME}=def"], ReadingFailure.AMBIGUOUS),
        ([f"Cookie: {NAME}=def", f"Cookie: {NAME}=ghi"], ReadingFailure.AMBIGUOUS),
        (["Authorization: Bearer abc", "Authorization: Bearer abc"], ReadingFailure.AMBIGUOUS),
        (["Authorization: Basic abc", "Authorization: Bearer abc"], ReadingFailure.AMBIGUOUS),
    ],
)
def test_no_credential_or_several_are_refused(lines: list[str], failure: ReadingFailure) -> None:
    with pytest.raises(UnauthenticatedError) as raised:
        read_credential(headers(*lines), NAME)

    assert raised.value.failure is failure


def test_cookies_that_are_off_are_not_read() -> None:
    with pytest.raises(UnauthenticatedError):
        read_credential(headers(f"Cookie: {NAME}=def"), None)
