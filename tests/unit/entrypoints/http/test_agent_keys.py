"""The agent key and the owner's id, read from raw headers."""

import pytest

from domain.errors import UnauthenticatedError
from entrypoints.http.agent_keys import AgentKeys, SentAgent, read_agent
from entrypoints.http.credentials import ReadingFailure

NEW, OLD = "new-" * 8, "old-" * 8
KEYS = AgentKeys([NEW, OLD])
COOKIE = "better-auth.session_token"


def headers(*lines: str) -> list[tuple[bytes, bytes]]:
    pairs = [line.partition(": ") for line in lines]
    return [(name.lower().encode(), value.encode()) for name, _, value in pairs]


def read(*lines: str, keys: AgentKeys = KEYS) -> SentAgent | None:
    return read_agent(headers(*lines), keys, COOKIE)


def test_a_request_without_either_header_is_no_agents() -> None:
    assert read("Authorization: Bearer abc", f"Cookie: {COOKIE}=def") is None


@pytest.mark.parametrize(("key", "number"), [(NEW, 1), (OLD, 2)])
def test_an_agent_proves_itself_by_any_of_the_keys(key: str, number: int) -> None:
    sent = read(f"X-Agent-Key: {key}", "X-Owner-Id: ann")

    assert sent == SentAgent(key_number=number, credential=None, owner_id="ann")


@pytest.mark.parametrize(
    ("lines", "session", "owner_id"),
    [
        (["Authorization: Bearer abc"], "abc", None),
        (["Authorization: Bearer abc", "X-Owner-Id: ann"], "abc", "ann"),
        (["Authorization: Bearer abc", f"Cookie: {COOKIE}=def"], "abc", None),
        (["X-Owner-Id: ann", "Cookie: theme=dark; another.session_token=x"], None, "ann"),
        (["X-Owner-Id: Zoë"], None, "Zoë"),
        (["X-Owner-Id: "], None, ""),
        ([], None, None),
    ],
)
def test_an_agent_names_for_whom_it_acts(lines: list[str], session: str | None, owner_id: str | None) -> None:
    sent = read(f"X-Agent-Key: {NEW}", *lines)

    assert sent is not None
    assert (sent.credential and sent.credential.value, sent.owner_id) == (session, owner_id)


def test_an_owner_that_is_no_utf8_is_no_owner() -> None:
    sent = read_agent([*headers(f"X-Agent-Key: {NEW}"), (b"x-owner-id", b"Zo\xeb")], KEYS, COOKIE)

    assert sent is not None
    assert sent.owner_id is not None
    assert not sent.owner_id.isprintable()


@pytest.mark.parametrize(
    ("lines", "failure"),
    [
        (["X-Owner-Id: ann"], ReadingFailure.OWNER_WITHOUT_AGENT_KEY),
        (["X-Owner-Id: ann", "Authorization: Bearer abc"], ReadingFailure.OWNER_WITHOUT_AGENT_KEY),
        (["X-Agent-Key: "], ReadingFailure.UNKNOWN_AGENT_KEY),
        ([f"X-Agent-Key: {NEW[:-1]}"], ReadingFailure.UNKNOWN_AGENT_KEY),
        ([f"X-Agent-Key: {NEW}x"], ReadingFailure.UNKNOWN_AGENT_KEY),
        ([f"X-Agent-Key: {NEW.upper()}"], ReadingFailure.UNKNOWN_AGENT_KEY),
        ([f"X-Agent-Key: {NEW},{OLD}"], ReadingFailure.UNKNOWN_AGENT_KEY),
        (["X-Agent-Key: é"], ReadingFailure.UNKNOWN_AGENT_KEY),
        ([f"X-Agent-Key: {NEW}", f"X-Agent-Key: {NEW}"], ReadingFailure.AMBIGUOUS),
        ([f"X-Agent-Key: {NEW}", "X-Owner-Id: ann", "X-Owner-Id: ann"], ReadingFailure.AMBIGUOUS),
        ([f"X-Agent-Key: {NEW}", "Authorization: Bearer a", "Authorization: Bearer a"], ReadingFailure.AMBIGUOUS),
        ([f"X-Agent-Key: {NEW}", f"Cookie: {COOKIE}=def"], ReadingFailure.COOKIE_BESIDE_AGENT_KEY),
        ([f"X-Agent-Key: {NEW}", "X-Owner-Id: ann", f"Cookie: {COOKIE}=def"], ReadingFailure.COOKIE_BESIDE_AGENT_KEY),
    ],
)
def test_any_other_key_or_owner_is_refused(lines: list[str], failure: ReadingFailure) -> None:
    with pytest.raises(UnauthenticatedError) as raised:
        read(*lines)

    assert raised.value.failure is failure


@pytest.mark.parametrize("key", ["", NEW])
def test_without_keys_none_is_accepted(key: str) -> None:
    with pytest.raises(UnauthenticatedError):
        read(f"X-Agent-Key: {key}", "X-Owner-Id: ann", keys=AgentKeys())


def test_keys_do_not_show() -> None:
    sent = read(f"X-Agent-Key: {NEW}", "Authorization: Bearer abc")

    assert NEW not in f"{KEYS!r} {vars(KEYS)} {sent!r}"
    assert "abc" not in repr(sent)
