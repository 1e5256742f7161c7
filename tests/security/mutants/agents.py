"""Mutants that take a caller for an agent runtime, or let one act for an owner, without the proof that it needs."""

from typing import Final

from application.authenticate import Authenticate
from application.authenticate_agent import AuthenticateAgent
from application.facade import Application
from domain.credential import Credential
from domain.errors import UnauthenticatedError
from domain.principal import Principal
from entrypoints.http import agent_keys, authentication, origins
from entrypoints.http.agent_keys import AgentKeys, SentAgent
from entrypoints.http.credentials import RawHeaders, read_credential, values_of
from tests.security import test_agent_keys
from tests.security.mutants.mutant import Mutant
from tests.support.service import AGENT_KEY

_authenticate = Authenticate.__call__
_authenticate_agent = authentication._authenticate_agent
_number_of = AgentKeys.number_of
_read_agent = agent_keys.read_agent


def _number_by_prefix(_: AgentKeys, key: str) -> int | None:
    return 1 if key.startswith(AGENT_KEY[:32]) else None


def _number_if_any_is_set(keys: AgentKeys, key: str) -> int | None:
    """Any key, where none is set."""
    return _number_of(keys, key) if keys._digests else 1


def _read_owner_alone(headers: RawHeaders, keys: AgentKeys, cookie_name: str | None) -> SentAgent | None:
    """An owner without a key is one with a key."""
    owner_ids, sent_keys = values_of(headers, b"x-owner-id"), values_of(headers, b"x-agent-key")
    if owner_ids and not sent_keys:
        return SentAgent(key_number=1, credential=None, owner_id=owner_ids[0])
    return _read_agent(headers, keys, cookie_name)


def _read_first(headers: RawHeaders, keys: AgentKeys, cookie_name: str | None) -> SentAgent | None:
    """The first of several headers."""
    return _read_agent(dict(reversed(list(headers))).items(), keys, cookie_name)


async def _authenticate_as_agent(use_case: Authenticate, credential: Credential) -> Principal:
    return (await _authenticate(use_case, credential)).through_agent()


async def _act_for_the_named(application: Application, agent: SentAgent) -> Principal:
    """Whoever's session it is."""
    if agent.owner_id is None:
        return await _authenticate_agent(application, agent)
    return await application.authenticate_agent(agent.owner_id)


async def _act_for_anybody(_: AuthenticateAgent, user_id: str) -> Principal:
    return Principal.agent(on_behalf_of=user_id)


def _ignore_cookies(headers: RawHeaders, _: str | None) -> Credential | None:
    try:
        return read_credential(headers, None).credential
    except UnauthenticatedError:
        return None


_GRANTED: Final = (
    *origins._PREFLIGHT,
    (b"access-control-allow-headers", b"Authorization, X-Agent-Key"),
)

MUTANTS: Final = (
    Mutant(
        name="a key is compared by its beginning",
        replaces=((AgentKeys, "number_of", _number_by_prefix),),
        found_by=test_agent_keys.test_another_key_proves_nothing,
        given={"key": AGENT_KEY[:32]},
        says=r"\(40[13], |== \(401",
    ),
    Mutant(
        name="any key is accepted where none is set",
        replaces=((AgentKeys, "number_of", _number_if_any_is_set),),
        found_by=test_agent_keys.test_where_no_key_is_set_none_is_accepted,
        given={"key": ""},
        says=r"== \{401\}",
    ),
    Mutant(
        name="an owner is believed without a key",
        replaces=((authentication, "read_agent", _read_owner_alone),),
        found_by=test_agent_keys.test_an_owner_is_not_believed_without_a_key,
        given={"owner": "another's"},
        says=r"== \{401\}",
    ),
    Mutant(
        name="the first of several headers counts",
        replaces=((authentication, "read_agent", _read_first),),
        found_by=test_agent_keys.test_a_header_that_is_sent_twice_proves_nothing,
        given={"doubled": "X-Owner-Id"},
        says="200 == 401",
    ),
    Mutant(
        name="a session without a key writes as an agent",
        replaces=((Authenticate, "__call__", _authenticate_as_agent),),
        found_by=test_agent_keys.test_a_session_without_a_key_writes_no_other_role,
        given={"role": "assistant"},
        says="201",
    ),
    Mutant(
        name="an agent in a session acts for whom it names",
        replaces=((authentication, "_authenticate_agent", _act_for_the_named),),
        found_by=test_agent_keys.test_an_agent_in_a_session_acts_for_nobody_else,
        says="owner_mismatch",
    ),
    Mutant(
        name="an owner need not be a user",
        replaces=((AuthenticateAgent, "__call__", _act_for_anybody),),
        found_by=test_agent_keys.test_nothing_is_kept_for_an_owner_who_is_no_user,
        given={"owner_id": test_agent_keys.NOBODY},
        says="unknown_owner",
    ),
    Mutant(
        name="a session cookie beside a key is ignored",
        replaces=((agent_keys, "_session", _ignore_cookies),),
        found_by=test_agent_keys.test_a_session_cookie_beside_a_key_is_refused,
        given={"origin": "http://evil.test"},
        says="200 == 401",
    ),
    Mutant(
        name="a page may send a key",
        replaces=((origins, "_PREFLIGHT", _GRANTED),),
        found_by=test_agent_keys.test_a_page_may_send_neither_header,
        says="x-agent-key",
    ),
)
