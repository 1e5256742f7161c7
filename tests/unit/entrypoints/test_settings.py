"""Settings and the database's address."""

import ssl
from typing import Any

import pytest

from adapters.postgres.address import DatabaseAddress, InvalidAddressError
from adapters.postgres.connecting import arguments_for
from entrypoints.settings import Settings, SettingsError

URL = "postgresql://ann:pass%20word@db.test:5433/chat"


def test_settings_are_read_from_the_environment() -> None:
    settings = Settings.read({"DATABASE_URL": URL, "DATABASE_POOL_SIZE": "3", "PATH": "/bin"})

    assert (settings.database_url, settings.database_pool_size, settings.database_command_timeout) == (URL, 3, 5.0)


def test_secrets_do_not_show() -> None:
    settings = Settings.read({"DATABASE_URL": URL})

    assert "word" not in f"{settings} {settings!r} {DatabaseAddress.parse(URL)!r}"
    assert "database_pool_size=10" in repr(settings)


REQUIRED = "DATABASE_URL is required: the PostgreSQL database, such as postgresql://user:password@host/name"
SECONDS = "must be a number of seconds above 0 and up to 3600"


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, REQUIRED),
        ({"DATABASE_URL": ""}, REQUIRED),
        (
            {"DATABASE_URL": URL, "DATABASE_POOL_SIZE": "many"},
            "DATABASE_POOL_SIZE must be a whole number from 1 to 1000",
        ),
        ({"DATABASE_URL": URL, "DATABASE_POOL_SIZE": "0"}, "DATABASE_POOL_SIZE must be a whole number from 1 to 1000"),
        ({"DATABASE_URL": URL, "DATABASE_COMMAND_TIMEOUT": "-1"}, f"DATABASE_COMMAND_TIMEOUT {SECONDS}"),
        ({"DATABASE_URL": URL, "REQUEST_TIMEOUT": "soon"}, f"REQUEST_TIMEOUT {SECONDS}"),
        ({"DATABASE_URL": URL, "AUTH_COOKIES": "perhaps"}, "AUTH_COOKIES must be true or false"),
    ],
)
def test_what_is_missing_or_odd_is_named_in_one_line(environment: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.read(environment)

    assert str(raised.value) == says


GOOD: dict[str, Any] = {"database_url": URL, "better_auth_secret": "s" * 32, "better_auth_url": "https://app.test"}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"better_auth_secret": None}, "BETTER_AUTH_SECRET is required"),
        ({"better_auth_secret": None, "auth_cookies": False, "auth_require_signed_bearer": True}, "is required"),
        ({"better_auth_secret": "s" * 31}, "shorter than 32"),
        ({"better_auth_secret": "s" * 31, "auth_cookies": False}, "shorter than 32"),
        ({"better_auth_secrets": "2:short,1:" + "s" * 32}, "shorter than 32"),
        ({"better_auth_secret": "better-auth-secret-12345678901234567890"}, "public default"),
        ({"better_auth_url": None}, "BETTER_AUTH_URL"),
        ({"auth_cookie_name": "a;b"}, "AUTH_COOKIE_NAME"),
        ({"auth_cookie_prefix": "a b"}, "AUTH_COOKIE_NAME"),
        ({"trusted_origins": "*"}, "TRUSTED_ORIGINS"),
        ({"trusted_origins": "https://*.app.test"}, "TRUSTED_ORIGINS"),
        ({"trusted_origins": "https://app.test/"}, "TRUSTED_ORIGINS"),
        ({"trusted_origins": "https://APP.test"}, "TRUSTED_ORIGINS"),
        ({"trusted_origins": "https://app.test,null"}, "TRUSTED_ORIGINS"),
        ({"trusted_origins": "app.test"}, "TRUSTED_ORIGINS"),
    ],
)
def test_settings_that_would_let_strangers_in_or_everybody_out_are_refused(changes: dict[str, Any], says: str) -> None:
    Settings(**GOOD).require_authentication()

    with pytest.raises(SettingsError) as raised:
        Settings(**GOOD | changes).require_authentication()

    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "sss" not in str(raised.value)


def test_without_cookies_no_secret_is_needed() -> None:
    settings = Settings(database_url=URL, auth_cookies=False)

    settings.require_authentication()

    assert settings.cookie_name is None


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({}, "__Secure-better-auth.session_token"),
        ({"better_auth_url": "http://localhost:3000"}, "better-auth.session_token"),
        ({"better_auth_url": "HTTPS://app.test"}, "__Secure-better-auth.session_token"),
        ({"auth_cookie_prefix": "acme"}, "__Secure-acme.session_token"),
        ({"auth_cookie_name": "__Host-sid"}, "__Host-sid"),
        ({"auth_cookies": False}, None),
    ],
)
def test_the_cookie_has_one_name(changes: dict[str, Any], name: str | None) -> None:
    assert Settings(**GOOD | changes).cookie_name == name


@pytest.mark.parametrize(
    ("secrets", "secret"),
    [
        ({"BETTER_AUTH_SECRETS": "2:secret-1,1:secret-2", "BETTER_AUTH_SECRET": "secret-3"}, "secret-1"),
        ({"BETTER_AUTH_SECRETS": "secret-1", "BETTER_AUTH_SECRET": "secret-3"}, "secret-1"),
        ({"BETTER_AUTH_SECRET": "secret-1\n", "AUTH_SECRET": "secret-2"}, "secret-1\n"),
        ({"AUTH_SECRET": "secret-2"}, "secret-2"),
        ({}, None),
    ],
)
def test_the_secret_is_the_one_that_better_auth_signs_with(secrets: dict[str, str], secret: str | None) -> None:
    settings = Settings.read({"DATABASE_URL": URL, **secrets})

    assert settings.secret == secret
    assert "secret-" not in repr(settings)


def test_origins_are_read_by_commas() -> None:
    settings = Settings(**GOOD, trusted_origins=" https://app.test , http://localhost:3000,http://[::1]:3000,")

    settings.require_authentication()

    assert settings.origins == {"https://app.test", "http://localhost:3000", "http://[::1]:3000"}


def test_an_address_is_read_as_libpq_reads_it() -> None:
    arguments = DatabaseAddress.parse(URL).arguments

    assert arguments == {
        "host": "db.test",
        "port": 5433,
        "user": "ann",
        "password": "pass word",
        "database": "chat",
        "server_settings": {"application_name": "ai-agent"},
    }


@pytest.mark.parametrize(
    "url",
    [
        "postgres://db.test/chat",
        "postgresql+asyncpg://db.test/chat",
        "postgresql://db.test/chat?gssencmode=disable&keepalives=1&keepalives_idle=9&keepalives_interval=9",
        "postgresql://db.test/chat?keepalives_count=9",
    ],
)
def test_what_others_write_into_an_address_is_understood(url: str) -> None:
    plain = DatabaseAddress.parse("postgresql://db.test/chat")

    assert DatabaseAddress.parse(url).arguments == plain.arguments


def test_neons_older_way_to_name_a_project_is_passed_on() -> None:
    arguments = DatabaseAddress.parse("postgresql://db.test/chat?options=project%3Dx").arguments

    assert arguments["server_settings"]["options"] == "project=x"


def test_a_socket_folder_is_a_host() -> None:
    assert DatabaseAddress.parse("postgresql://ann@/chat?host=/run/pg").arguments["host"] == "/run/pg"


def test_a_port_may_be_an_option() -> None:
    arguments = DatabaseAddress.parse("postgresql://ann@/chat?host=/run/pg&port=5433").arguments

    assert (arguments["host"], arguments["port"]) == ("/run/pg", 5433)
    with pytest.raises(InvalidAddressError, match="port"):
        DatabaseAddress.parse("postgresql://ann@/chat?host=/run/pg&port=x")


def test_neons_address_is_verified_and_pooled_without_prepared_statements() -> None:
    neon = (
        "postgres://ann:secret@ep-x-pooler.eu.neon.tech/chat?sslmode=require&channel_binding=require"
        "&options=endpoint%3Dep-x&application_name=web&connect_timeout=10"
    )

    arguments = DatabaseAddress.parse(neon).arguments

    context = arguments["ssl"]
    assert isinstance(context, ssl.SSLContext)
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert arguments["statement_cache_size"] == 0
    assert arguments["server_settings"] == {"application_name": "web", "options": "endpoint=ep-x"}


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("postgresql://ann:a,b@one:1,two:2/chat?target_session_attrs=read-write", ["one", "two"], [1, 2]),
        ("postgresql://one,two/chat", ["one", "two"], [5432, 5432]),
        ("postgresql://[::1]:1,[::2]?sslmode=disable", ["::1", "::2"], [1, 5432]),
        ("postgresql:///chat?host=/run/one&host=/run/two", ["/run/one", "/run/two"], None),
    ],
)
def test_several_hosts_are_read_as_libpq_reads_them(url: str, host: list[str], port: list[int] | None) -> None:
    arguments = DatabaseAddress.parse(url).arguments

    assert (arguments["host"], arguments.get("port")) == (host, port)


def test_a_password_with_a_comma_is_no_list_of_hosts() -> None:
    arguments = DatabaseAddress.parse("postgresql://ann:a,/b@one/chat").arguments

    assert (arguments["host"], arguments["password"]) == ("one", "a,/b")


@pytest.mark.parametrize(
    ("url", "is_pooled"),
    [
        (URL, False),
        (f"{URL}?pgbouncer=false", False),
        (f"{URL}?pgbouncer=true", True),
        ("postgresql://ann@ep-x-pooler.eu.neon.tech/chat", True),
        ("postgresql://ann@one,two-pooler.test/chat", True),
    ],
)
def test_a_pooler_gets_no_prepared_statements_and_no_setting_that_it_would_refuse(url: str, *, is_pooled: bool) -> None:
    arguments = arguments_for(DatabaseAddress.parse(url), 0.5)

    assert arguments.get("statement_cache_size") == (0 if is_pooled else None)
    assert arguments["server_settings"].get("lock_timeout") == (None if is_pooled else "500ms")


@pytest.mark.parametrize("mode", ["disable", "prefer", "require"])
def test_other_ssl_modes_pass_through(mode: str) -> None:
    assert DatabaseAddress.parse(f"{URL}?sslmode={mode}").arguments["ssl"] == mode


def test_a_certificate_may_be_verified_without_its_name() -> None:
    context = DatabaseAddress.parse(f"{URL}?sslmode=verify-ca").arguments["ssl"]

    assert not context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    "url",
    [
        "secret",
        "mysql://ann:secret@db.test/chat",
        "postgresql://ann:secret@db.test:port/chat",
        "postgresql://ann:secret@db.test/chat?statement_timeout=5",
        "postgresql://ann:secret@db.test/chat?options=-csecret=1",
        "postgresql://ann:secret@one:1,two:x/chat",
        "postgresql://ann:secret@one:1,:2/chat",
    ],
)
def test_an_address_that_is_not_understood_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(InvalidAddressError) as raised:
        DatabaseAddress.parse(url)

    assert "secret" not in str(raised.value)
