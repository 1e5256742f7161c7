"""The settings, read once from the environment and its files; secrets do not show in their repr."""

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Final, Literal, Self, override

import msgspec

from domain.model_context import DEFAULT_MESSAGES, DEFAULT_TOKENS, MAX_MESSAGES, MAX_TOKENS
from entrypoints.environment.conversion import convert
from entrypoints.environment.variables import InvalidVariableError, Variable, read_variables
from entrypoints.errors import OneLineError

type Seconds = Annotated[float, msgspec.Meta(gt=0, le=3600)]
type Amount = Annotated[int, msgspec.Meta(ge=0, le=10**12)]

_SECRETS: Final = frozenset(
    {
        "database_url",
        "migration_database_url",
        "openai_api_key",
        "better_auth_secrets",
        "better_auth_secret",
        "auth_secret",
        "agent_keys",
    }
)
_PUBLIC_SECRET: Final = "better-auth-secret-12345678901234567890"  # noqa: S105 - better-auth's own default, refused here
_SHORTEST_SECRET: Final = 32
_AGENT_KEY: Final = re.compile(r"[!-+\--~]{32,256}", re.ASCII)
_MOST_AGENT_KEYS: Final = 8
_COOKIE_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}", re.ASCII)
_ORIGIN: Final = re.compile(r"https?://[a-z0-9.\-]+(:[0-9]{1,5})?|https?://\[[0-9a-f:]+\](:[0-9]{1,5})?", re.ASCII)
_SIGN_IN_URL: Final = re.compile(r"(https?://|/(?!/))[!-~]{0,1000}", re.ASCII)


class SettingsError(OneLineError):
    """A setting is missing or not valid."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename=str.upper):
    """What a deployment may choose; each field is the environment variable of the same name in capitals."""

    database_url: str
    """PostgreSQL, with better-auth's tables in it: ``postgresql://user:password@host/name``."""
    migration_database_url: str | None = None
    """The same database at its own address, for ``ai-agent migrate``, where DATABASE_URL leads to a pooler."""
    database_pool_size: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 10
    """Connections of one worker, at most."""
    database_acquire_timeout: Seconds = 2.0
    """How long a request waits until a connection is free, or may be made."""
    database_connect_timeout: Seconds = 3.0
    """How long a new connection may take; several hosts share it."""
    database_command_timeout: Seconds = 5.0
    """How long a statement may take."""
    database_lock_timeout: Seconds = 1.0
    """How long a statement may wait for a lock, and as long again if others waited before it.

    Through a pooler only the role's own holds: ``ALTER ROLE … SET lock_timeout = '1s'``.
    """

    log_format: Literal["auto", "json", "text"] = "auto"
    """How lines of the log are written: ``json``, ``text``, or ``auto``, which is text on a terminal and else JSON."""
    metrics_port: Annotated[int, msgspec.Meta(ge=1, le=65535)] | None = None
    """Where Prometheus finds ``/metrics``, on a port of its own; without one there are no metrics."""
    metrics_host: str = "127.0.0.1"
    """The address that this port is on."""

    limit_address_requests: Amount = 60_000
    """How many requests a minute of one address a worker takes; 0 is no limit, as with the others."""
    limit_user_requests: Amount = 6_000
    """How many requests a minute of one user."""
    limit_user_messages: Amount = 30_000
    """How many messages a minute one user may append."""
    limit_user_bytes: Amount = 256 * 1024 * 1024
    """How many bytes a minute the requests may have that append them."""
    limit_user_replies: Amount = 32
    """How many replies of one user a worker makes at once."""
    quota_user_conversations: Amount = 10_000
    """How many conversations one user may keep; 0 is no quota, as with the other."""
    quota_conversation_messages: Amount = 2_000_000
    """How many messages one conversation may have, removed ones included."""
    trusted_proxies: str = ""
    """Proxies, by commas, whose X-Forwarded-For is believed: ``10.0.0.7, 2001:db8::/64``."""

    request_timeout: Seconds = 10.0
    """How long an answer may take to begin."""
    drain_seconds: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 0.0
    """How long a service that is told to end goes on serving while it is not ready."""
    reply_timeout: Seconds = 1800.0
    """How long a reply may take, be anybody waiting for it or not."""
    reply_lease: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 15.0
    """For how many seconds a reply may be silent before another process ends it; all processes need the same."""
    retention_days: Annotated[int, msgspec.Meta(ge=1, le=36500)] | None = None
    """How many days after its last activity a conversation is deleted by ``ai-agent purge-expired``."""
    responder: str = "echo"
    """What answers: ``echo``, ``agent``, or ``agent:package.module:attribute`` for an agent of one's own."""
    echo_delay: Annotated[float, msgspec.Meta(ge=0, le=60)] = 0.0
    """How many seconds the echo waits between two words."""
    context_max_messages: Annotated[int, msgspec.Meta(ge=1, le=MAX_MESSAGES)] = DEFAULT_MESSAGES
    """How many messages of a conversation an agent gets, at most."""
    context_max_tokens: Annotated[int, msgspec.Meta(ge=1, le=MAX_TOKENS)] = DEFAULT_TOKENS
    """How many tokens they may take, as they are estimated."""
    openai_base_url: str | None = None
    """Where an agent's models are; without it, OpenAI's own endpoint."""
    openai_api_key: str | None = None
    """The key of that endpoint."""
    openai_default_model: str | None = None
    """The model of agents that name none."""
    openai_wire_api: Literal["auto", "responses", "chat_completions"] = "auto"
    """How the endpoint is spoken to; ``auto`` is Responses for OpenAI's own, and Chat Completions for another one."""
    openai_agents_disable_tracing: bool = True
    """Whether agents' runs are not sent to OpenAI's tracing."""
    better_auth_secret: str | None = None
    """What better-auth's server signs with, byte for byte; 32 characters or more."""
    better_auth_secrets: str | None = None
    """``2:new,1:old``, as better-auth takes it: the first one signs, and wins over BETTER_AUTH_SECRET."""
    auth_secret: str | None = None
    """better-auth's other name for BETTER_AUTH_SECRET."""
    better_auth_url: str | None = None
    """better-auth's base URL: with https, its cookies are named ``__Secure-…``."""
    auth_cookies: bool = True
    """Whether session cookies are accepted, beside bearers."""
    auth_cookie_name: str | None = None
    """The session cookie's whole name, where it does not follow from the base URL and the prefix."""
    auth_cookie_prefix: str = "better-auth"
    """better-auth's ``advanced.cookiePrefix``."""
    auth_require_signed_bearer: bool = False
    """Whether bearers must be signed, as better-auth's ``bearer({ requireSignature: true })`` demands."""
    trusted_origins: str = ""
    """Origins, by commas, whose pages may write with cookies and read answers: ``https://app.example.com``."""
    agent_keys: str | None = None
    """Keys, by commas, by which agent runtimes prove themselves over HTTP; the first is number 1 in the log."""
    chat_page: bool = False
    """Whether the chat page is served at ``/``."""
    sign_in_url: str | None = None
    """Where the chat page sends people who are not signed in: an address, or a path of the same host."""
    auth_schema: str | None = None
    """The schema of better-auth's tables; without one, the search path decides."""
    auth_session_table: str | None = None
    auth_session_token_column: str | None = None
    auth_session_user_id_column: str | None = None
    auth_session_expires_at_column: str | None = None
    auth_session_impersonated_by_column: str | None = None
    auth_user_table: str | None = None
    auth_user_id_column: str | None = None
    auth_user_banned_column: str | None = None
    auth_user_ban_expires_column: str | None = None
    auth_expiry_time_zone: str | None = None
    """The zone in which better-auth's server writes timestamps, where the columns have none."""

    @property
    def secret(self) -> str | None:
        """The secret that signs."""
        if self.better_auth_secrets:
            first = self.better_auth_secrets.split(",")[0]
            return first.partition(":")[2] or first
        return self.better_auth_secret or self.auth_secret

    @property
    def cookie_name(self) -> str | None:
        """The one name under which a session cookie is accepted; None where none is."""
        if not self.auth_cookies:
            return None
        is_https = (self.better_auth_url or "").lower().startswith("https://")
        usual = f"{'__Secure-' if is_https else ''}{self.auth_cookie_prefix}.session_token"
        return self.auth_cookie_name or usual

    @property
    def origins(self) -> frozenset[str]:
        """The trusted origins."""
        return frozenset(origin.strip() for origin in self.trusted_origins.split(",") if origin.strip())

    @property
    def proxies(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of the trusted proxies. Raises SettingsError."""
        return _networks(self.trusted_proxies)

    @property
    def accepted_agent_keys(self) -> tuple[str, ...]:
        """The keys of agent runtimes."""
        return tuple(key.strip() for key in (self.agent_keys or "").split(",") if key.strip())

    def require_retention(self) -> timedelta:
        """How long after its last activity a conversation is kept. Raises SettingsError if that was not decided."""
        if self.retention_days is None:
            raise SettingsError(
                "RETENTION_DAYS is required to purge conversations: how many days after the last activity they are kept"
            )
        return timedelta(days=self.retention_days)

    def require_authentication(self) -> None:
        """Raise SettingsError unless callers over HTTP can be told apart, and authenticated safely."""
        self._require_agent_keys()
        _networks(self.trusted_proxies)
        secret = self.secret
        if secret is None and (self.auth_cookies or self.auth_require_signed_bearer):
            raise SettingsError(
                "BETTER_AUTH_SECRET is required to verify cookies and signed bearers; "
                "AUTH_COOKIES=false accepts raw bearer tokens only"
            )
        if secret == _PUBLIC_SECRET:
            raise SettingsError(
                "BETTER_AUTH_SECRET is better-auth's public default, with which anybody could sign: "
                "give better-auth and this service another one"
            )
        if secret is not None and len(secret) < _SHORTEST_SECRET:
            raise SettingsError(
                f"BETTER_AUTH_SECRET is shorter than {_SHORTEST_SECRET} characters: "
                "give better-auth and this service a longer one"
            )
        if self.auth_cookies and not (self.better_auth_url or self.auth_cookie_name):
            raise SettingsError(
                "BETTER_AUTH_URL (better-auth's base URL) is required to name the session cookie; "
                "or set the cookie's whole name in AUTH_COOKIE_NAME, or accept no cookies with AUTH_COOKIES=false"
            )
        if self.cookie_name is not None and not _COOKIE_NAME.fullmatch(self.cookie_name):
            raise SettingsError(
                "AUTH_COOKIE_NAME, or the name that AUTH_COOKIE_PREFIX begins, is not a valid cookie name: "
                "use letters, digits, dots, - and _, at most 128"
            )
        if self.sign_in_url is not None and not _SIGN_IN_URL.fullmatch(self.sign_in_url):
            raise SettingsError(
                "SIGN_IN_URL must be an address such as https://app.example.com/sign-in, or a path such as /sign-in"
            )
        for origin in sorted(self.origins):
            if not _ORIGIN.fullmatch(origin):
                raise SettingsError(
                    "TRUSTED_ORIGINS must be origins separated by commas, such as https://app.example.com: "
                    "in lower case, without a path, without wildcards"
                )

    def _require_agent_keys(self) -> None:
        keys = self.accepted_agent_keys
        is_right = 0 < len(keys) <= _MOST_AGENT_KEYS and all(_AGENT_KEY.fullmatch(key) for key in keys)
        if self.agent_keys is not None and not is_right:
            raise SettingsError(
                f"AGENT_KEYS must be 1 to {_MOST_AGENT_KEYS} keys separated by commas, each of 32 to 256 letters, "
                "digits or signs of ASCII"
            )

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read them; an empty variable counts as one that is not set. Raises SettingsError."""
        given = {name: variable.value for name, variable in cls.read_variables(environment).items()}
        if "DATABASE_URL" not in given:
            raise SettingsError(
                "DATABASE_URL is required: the PostgreSQL database, such as postgresql://user:password@host/name"
            )
        try:
            return convert(given, cls)
        except InvalidVariableError as error:
            raise SettingsError(str(error)) from None

    @classmethod
    def read_variables(cls, environment: Mapping[str, str] = os.environ) -> dict[str, Variable]:
        """The variables that are given, and where each comes from, before they are converted. Raises SettingsError."""
        try:
            return read_variables(environment, VARIABLES, SECRET_VARIABLES)
        except InvalidVariableError as error:
            raise SettingsError(str(error)) from None

    @override
    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in _SECRETS)
        return f"Settings({', '.join(shown)})"


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(one.strip()) for one in text.split(",") if one.strip())
    except ValueError:
        raise SettingsError(
            "TRUSTED_PROXIES must be addresses and networks separated by commas, such as 10.0.0.7, 10.1.0.0/16"
        ) from None


VARIABLES: Final = Settings.__struct_encode_fields__
"""The names of all settings, in their order."""
SECRET_VARIABLES: Final = frozenset(name.upper() for name in _SECRETS)
"""The names of those that are secret: each may be given in a file, which the variable of its name and _FILE names."""
