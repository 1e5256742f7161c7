"""Credentials: read from raw headers, and verified as better-auth signs them."""

import pytest

from adapters.better_auth.signature import verify_signed
from domain.credential import Credential
from domain.errors import CredentialFailure, UnauthenticatedError
from entrypoints.http.credentials import ReadingFailure, read_credential
from entrypoints.http.errors import RequestError
from entrypoints.http.origins import require_trusted_origin

NAME = "better-auth.session_token"

# What a better-auth 1.7 server handed out under this secret.
SECRET = b"test-secret-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEF"
TOKEN = "hB5K9zEBAxhFV2VNSzk3IZYV7HTz0Nnf"
SIGNATURE = "SSCVsvqSExZJIkA7doUZJjfZs5yut+o4kGNFrP5VEe8="
SIGNED = f"{TOKEN}.{SIGNATURE}"


@pytest.mark.parametrize(
    "value",
    [
        SIGNED,
        SIGNED.replace("+", "%2B").replace("=", "%3D"),
        SIGNED.replace("+", "%2b").replace("=", "%3d"),
        "%68" + SIGNED[1:],
        SIGNED.replace("8=", "9="),  # another spelling of the same bytes
    ],
)
def test_a_token_that_better_auth_signed_is_verified(value: str) -> None:
    assert verify_signed(value, SECRET) == TOKEN


@pytest.mark.parametrize(
    ("value", "failure"),
    [
        (TOKEN, CredentialFailure.UNSIGNED),
        (f".{SIGNATURE}", CredentialFailure.UNSIGNED),
        ("", CredentialFailure.UNSIGNED),
        (f"{TOKEN}.", CredentialFailure.MALFORMED),
        (SIGNED[:-1], CredentialFailure.MALFORMED),
        (f"{SIGNED}=", CredentialFailure.MALFORMED),
        (SIGNED.replace("+", "-"), CredentialFailure.MALFORMED),
        (SIGNED.replace("+", " "), CredentialFailure.MALFORMED),
        (SIGNED.replace("=", "%253D").replace("+", "%252B"), CredentialFailure.MALFORMED),
        (f"{TOKEN}.{'0f' * 22}", CredentialFailure.MALFORMED),
        (f"{TOKEN}.{'é' * 43}=", CredentialFailure.MALFORMED),
        (f"%ff{SIGNED}", CredentialFailure.MALFORMED),
        (f"x{SIGNED}", CredentialFailure.BAD_SIGNATURE),
        (SIGNED.replace("S", "T", 1), CredentialFailure.BAD_SIGNATURE),
        (f"{SIGNED}.{SIGNATURE}", CredentialFailure.BAD_SIGNATURE),
        (SIGNED.lower(), CredentialFailure.BAD_SIGNATURE),
    ],
)
def test_what_the_secret_did_not_sign_is_refused(value: str, failure: CredentialFailure) -> None:
    with pytest.raises(UnauthenticatedError) as raised:
        verify_signed(value, SECRET)

    assert raised.value.failure is failure


def test_another_secret_verifies_nothing() -> None:
    for secret in (SECRET + b"\n", SECRET[:-1], b""):
        with pytest.raises(UnauthenticatedError):
            verify_signed(SIGNED, secret)


def headers(*lines: str) -> list[tuple[bytes, bytes]]:
    pairs = [line.partition(": ") for line in lines]
    return [(name.lower().encode(), value.encode("latin-1")) for name, _, value in pairs]


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


TRUSTED = frozenset({"https://app.example.com", "http://localhost:3000"})


@pytest.mark.parametrize(
    ("method", "lines"),
    [
        ("GET", []),
        ("HEAD", ["Origin: https://evil.test"]),
        ("POST", ["Origin: https://app.example.com"]),
        ("PATCH", ["Origin: http://localhost:3000"]),
        ("DELETE", ["Referer: https://app.example.com/page?x=1"]),
        ("POST", ["Origin: https://app.example.com", "Referer: https://evil.test/"]),
    ],
)
def test_a_safe_method_or_a_trusted_origin_passes(method: str, lines: list[str]) -> None:
    require_trusted_origin(method, headers(*lines), TRUSTED)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["Origin: null"],
        ["Origin: https://evil.test"],
        ["Origin: https://app.example.com.evil.test"],
        ["Origin: https://app.example.com:8443"],
        ["Origin: http://app.example.com"],
        ["Origin: https://APP.example.com"],
        ["Origin: https://app.example.com/"],
        ["Origin: "],
        ["Origin: https://app.example.com", "Origin: https://app.example.com"],
        ["Origin: null", "Referer: https://app.example.com/"],
        ["Referer: https://app.example.com.evil.test/"],
        ["Referer: https://app.example.com@evil.test/"],
        ["Referer: https://["],
        ["Referer: /page"],
        ["Referer: https://app.example.com/", "Referer: https://app.example.com/"],
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT", "odd"])
def test_any_other_origin_may_change_nothing(method: str, lines: list[str]) -> None:
    with pytest.raises(RequestError) as raised:
        require_trusted_origin(method, headers(*lines), TRUSTED)

    assert (raised.value.status, raised.value.code) == (403, "origin_not_allowed")
