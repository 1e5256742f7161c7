"""Signed session tokens, as better-auth (better-call) writes them: ``token.signature``.

The signature is HMAC-SHA256 of the token under the secret, both in UTF-8, in standard base64 with its padding: 44
characters. The whole may be percent-encoded once.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final
from urllib.parse import unquote

from domain.errors import CredentialFailure, UnauthenticatedError

_SIGNATURE_LENGTH: Final = 44


def verify_signed(value: str, secret: bytes) -> str:
    """The token, if it was signed with the secret. Raises UnauthenticatedError."""
    token, dot, signature = _percent_decoded(value).rpartition(".")
    if not (token and dot):
        raise UnauthenticatedError(CredentialFailure.UNSIGNED)
    if not hmac.compare_digest(_bytes_of(signature), hmac.digest(secret, token.encode(), hashlib.sha256)):
        raise UnauthenticatedError(CredentialFailure.BAD_SIGNATURE)
    return token


def _percent_decoded(value: str) -> str:
    """The text, percent-decoded once; a plus stays a plus."""
    if "%" not in value:
        return value
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise UnauthenticatedError(CredentialFailure.MALFORMED) from None


def _bytes_of(signature: str) -> bytes:
    """The signature's bytes. They are compared, and not the text: base64 can spell the same bytes differently."""
    if len(signature) != _SIGNATURE_LENGTH or not signature.endswith("="):
        raise UnauthenticatedError(CredentialFailure.MALFORMED)
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        raise UnauthenticatedError(CredentialFailure.MALFORMED) from None
