"""The agent key: by it an agent runtime proves itself, beside a user's session or beside the id of an owner."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass

from domain.credential import Credential
from domain.errors import UnauthenticatedError
from entrypoints.http.credentials import RawHeaders, ReadingFailure, read_credential, values_of


class AgentKeys:
    """The keys that a deployment accepts, held as digests, which are all of one length."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        self._digests = [_digest(key) for key in keys]

    def number_of(self, key: str) -> int | None:
        """Which of the keys it is, counted from 1; None if it is none of them. How long it takes tells nothing."""
        sent = _digest(key)
        matches = [hmac.compare_digest(sent, digest) for digest in self._digests]
        return matches.index(True) + 1 if any(matches) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentAgent:
    """An agent runtime that has proven itself by a key.

    It names for whom it acts: by the ``credential`` of a user's session, by an ``owner_id``, or by both.
    """

    key_number: int
    credential: Credential | None
    owner_id: str | None


def read_agent(headers: RawHeaders, keys: AgentKeys, cookie_name: str | None) -> SentAgent | None:
    """The agent runtime that sends the request; None if no header says that it is one.

    Raises UnauthenticatedError: an owner without a key, a key that is not accepted, several of either, or a session
    cookie beside a key. Cookies are for browsers, and no browser has a key.
    """
    sent_keys, owner_ids = values_of(headers, b"x-agent-key"), values_of(headers, b"x-owner-id")
    if not sent_keys and not owner_ids:
        return None
    if len(sent_keys) > 1 or len(owner_ids) > 1:
        raise UnauthenticatedError(ReadingFailure.AMBIGUOUS)
    if not sent_keys:
        raise UnauthenticatedError(ReadingFailure.OWNER_WITHOUT_AGENT_KEY)
    number = keys.number_of(sent_keys[0])
    if number is None:
        raise UnauthenticatedError(ReadingFailure.UNKNOWN_AGENT_KEY)
    owner_id = _utf8(owner_ids[0]) if owner_ids else None
    return SentAgent(key_number=number, credential=_session(headers, cookie_name), owner_id=owner_id)


def _session(headers: RawHeaders, cookie_name: str | None) -> Credential | None:
    try:
        sent = read_credential(headers, cookie_name)
    except UnauthenticatedError as error:
        if error.failure is ReadingFailure.AMBIGUOUS:
            raise
        return None
    if sent.is_cookie:
        raise UnauthenticatedError(ReadingFailure.COOKIE_BESIDE_AGENT_KEY)
    return sent.credential


def _utf8(value: str) -> str:
    """The value as UTF-8; bytes that are none become surrogates, which no owner's id has."""
    return value.encode("latin-1").decode(errors="surrogateescape")


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
