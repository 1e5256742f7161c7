"""Wiring: which adapter implements which port."""

from collections.abc import AsyncIterator, Sequence

from dishka import AsyncContainer, Provider, Scope, make_async_container, provide

from adapters.better_auth.names import LayoutError, Names
from adapters.better_auth.verifier import BetterAuthTokenVerifier, SignaturePolicy
from adapters.estimate.token_counter import EstimatingTokenCounter
from adapters.postgres.address import DatabaseAddress, InvalidAddressError
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.owner_archive import PostgresOwnerArchive
from adapters.postgres.readiness import PostgresReadiness
from adapters.postgres.reply_log import PostgresReplyLog
from adapters.system.conversation_ids import RandomConversationIds
from application.facade import Application
from application.reply_writer import ReplyTiming
from application.running_replies import MOST_REPLIES, RunningReplies
from domain.ports.conversation_ids import ConversationIds
from domain.ports.conversation_repository import ConversationRepository
from domain.ports.owner_archive import OwnerArchive
from domain.ports.owner_verifier import OwnerVerifier
from domain.ports.readiness import Readiness
from domain.ports.reply_log import ReplyLog
from domain.ports.responder import Responder
from domain.ports.token_counter import TokenCounter
from domain.ports.token_verifier import TokenVerifier
from domain.quotas import Quotas
from entrypoints.container.observing import TimedResponder, TraceHooks, observer_of, pool_metrics
from entrypoints.container.responders import open_responder
from entrypoints.metrics.catalogue import RUNNING_REPLIES
from entrypoints.settings import Settings, SettingsError


class _Adapters(Provider):
    scope = Scope.APP

    def __init__(self, hooks: TraceHooks | None) -> None:
        super().__init__()
        self._hooks = hooks

    conversations = provide(PostgresConversationRepository, provides=ConversationRepository)
    token_counter = provide(EstimatingTokenCounter, provides=TokenCounter)
    ids = provide(RandomConversationIds, provides=ConversationIds)
    reply_log = provide(PostgresReplyLog, provides=ReplyLog)
    application = provide(Application.over, provides=Application)

    @provide
    def archive(self, database: Database) -> OwnerArchive:
        return PostgresOwnerArchive(database)

    @provide
    def sessions(self, database: Database, settings: Settings) -> BetterAuthTokenVerifier:
        return BetterAuthTokenVerifier(database, names_of(settings), policy_of(settings))

    @provide
    def tokens(self, sessions: BetterAuthTokenVerifier) -> TokenVerifier:
        return sessions

    @provide
    def owners(self, sessions: BetterAuthTokenVerifier) -> OwnerVerifier:
        return sessions

    @provide
    def readiness(self, database: Database, sessions: BetterAuthTokenVerifier) -> Sequence[Readiness]:
        return [PostgresReadiness(database), sessions]

    @provide
    async def responder(self, settings: Settings) -> AsyncIterator[Responder]:
        model_headers = None if self._hooks is None else self._hooks.model_headers
        async with open_responder(settings, model_headers) as responder:
            yield TimedResponder(responder)

    @provide
    async def replies(self, _: Database, __: Responder, settings: Settings) -> AsyncIterator[RunningReplies]:
        # The database is asked for so that it is closed later: replies that are ended are saved as far as they go. So
        # is the responder: it is closed when it makes no reply any more.
        replies = RunningReplies(most_of_owner=settings.limit_user_replies or MOST_REPLIES)
        with RUNNING_REPLIES.told_by(lambda: replies.count):
            yield replies
            await replies.close()

    @provide
    def timing(self, settings: Settings) -> ReplyTiming:
        return ReplyTiming(longest=settings.reply_timeout, lease=settings.reply_lease)

    @provide
    def quotas(self, settings: Settings) -> Quotas:
        return Quotas(
            conversations=settings.quota_user_conversations,
            messages=settings.quota_conversation_messages,
        )

    @provide
    async def database(self, settings: Settings) -> AsyncIterator[Database]:
        pool = PoolSettings(
            size=settings.database_pool_size,
            acquire_timeout=settings.database_acquire_timeout,
            connect_timeout=settings.database_connect_timeout,
            command_timeout=settings.database_command_timeout,
            lock_timeout=settings.database_lock_timeout,
        )
        async with Database.connect(address_of(settings), pool, observer_of(self._hooks)) as database:
            with pool_metrics(database):
                yield database


def make_container(settings: Settings, hooks: TraceHooks | None = None) -> AsyncContainer:
    """A container whose objects are made when they are first needed, and closed by ``close()``.

    None of them keeps state of a request, so all of them live as long as the application. ``hooks``: who traces.
    """
    return make_async_container(_Adapters(hooks), context={Settings: settings})


def names_of(settings: Settings) -> Names:
    """The names of better-auth's tables and columns in the settings. Raises SettingsError."""
    try:
        return Names(
            schema=settings.auth_schema,
            session_table=settings.auth_session_table,
            session_token=settings.auth_session_token_column,
            session_user_id=settings.auth_session_user_id_column,
            session_expires_at=settings.auth_session_expires_at_column,
            session_impersonated_by=settings.auth_session_impersonated_by_column,
            user_table=settings.auth_user_table,
            user_id=settings.auth_user_id_column,
            user_banned=settings.auth_user_banned_column,
            user_ban_expires=settings.auth_user_ban_expires_column,
            expiry_time_zone=settings.auth_expiry_time_zone,
        )
    except LayoutError as error:
        raise SettingsError(str(error)) from None


def policy_of(settings: Settings) -> SignaturePolicy:
    """Which signatures the settings demand."""
    secret = None if settings.secret is None else settings.secret.encode()
    return SignaturePolicy(secret=secret, bearers_must_be_signed=settings.auth_require_signed_bearer)


def address_of(settings: Settings) -> DatabaseAddress:
    """The database's address in the settings. Raises SettingsError."""
    return _parse(settings.database_url, "DATABASE_URL")


def migration_address_of(settings: Settings) -> DatabaseAddress:
    """The database's address for migrations in the settings. Raises SettingsError."""
    if settings.migration_database_url is None:
        return address_of(settings)
    return _parse(settings.migration_database_url, "MIGRATION_DATABASE_URL")


def _parse(url: str, name: str) -> DatabaseAddress:
    try:
        return DatabaseAddress.parse(url)
    except InvalidAddressError as error:
        raise SettingsError(f"{name}: {error}") from None
