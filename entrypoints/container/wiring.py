"""Wiring: which adapter stands behind which port."""

from collections.abc import AsyncIterator

from dishka import AsyncContainer, Provider, Scope, make_async_container, provide

from adapters.better_auth.verifier import BetterAuthTokenVerifier
from adapters.echo.responder import EchoResponder
from adapters.postgres.address import DatabaseAddress, InvalidAddressError
from adapters.postgres.conversations import PostgresConversationRepository
from adapters.postgres.database import Database, PoolSettings
from adapters.postgres.readiness import PostgresReadiness
from adapters.system.conversation_ids import RandomConversationIds
from application.facade import Application
from domain.ports import ConversationIds, ConversationRepository, Readiness, Responder, TokenVerifier
from entrypoints.settings import Settings, SettingsError


class _Adapters(Provider):
    scope = Scope.APP

    conversations = provide(PostgresConversationRepository, provides=ConversationRepository)
    readiness = provide(PostgresReadiness, provides=Readiness)
    responder = provide(EchoResponder, provides=Responder)
    ids = provide(RandomConversationIds, provides=ConversationIds)
    application = provide(Application.over, provides=Application)

    @provide
    def tokens(self, database: Database) -> TokenVerifier:
        return BetterAuthTokenVerifier(database)

    @provide
    async def database(self, settings: Settings) -> AsyncIterator[Database]:
        pool = PoolSettings(
            size=settings.database_pool_size,
            acquire_timeout=settings.database_acquire_timeout,
            connect_timeout=settings.database_connect_timeout,
            command_timeout=settings.database_command_timeout,
        )
        async with Database.connect(address_of(settings), pool) as database:
            yield database


def make_container(settings: Settings) -> AsyncContainer:
    """A container with everything in it, made when first asked for and closed with ``close()``.

    Nothing in it keeps state of a request, so all of it lives as long as the application.
    """
    return make_async_container(_Adapters(), context={Settings: settings})


def address_of(settings: Settings) -> DatabaseAddress:
    """Where the database is. Raises SettingsError."""
    try:
        return DatabaseAddress.parse(settings.database_url)
    except InvalidAddressError as error:
        raise SettingsError(f"DATABASE_URL: {error}") from None
