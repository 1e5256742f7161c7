"""Signatures, as better-auth makes them."""

import pytest

from adapters.better_auth.signature import verify_signed
from domain.errors import CredentialFailure, UnauthenticatedError

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
