"""Settings."""

from pathlib import Path
from typing import Any

import pytest

from adapters.postgres.address import DatabaseAddress
from entrypoints import development
from entrypoints.settings import SECRET_VARIABLES, VARIABLES, Settings, SettingsError

URL = "postgresql://ann:pass%20word@db.test:5433/chat"


def test_settings_are_read_from_the_environment() -> None:
    settings = Settings.read({"DATABASE_URL": URL, "DATABASE_POOL_SIZE": "3", "PATH": "/bin"})

    assert (settings.database_url, settings.database_pool_size, settings.database_command_timeout) == (URL, 3, 5.0)


def test_secrets_do_not_show() -> None:
    settings = Settings.read({"DATABASE_URL": URL})

    assert "word" not in f"{settings} {settings!r} {DatabaseAddress.parse(URL)!r}"
    assert "database_pool_size=10" in repr(settings)


def test_secrets_are_also_read_from_files(tmp_path: Path) -> None:
    for name in SECRET_VARIABLES:
        (tmp_path / name).write_text(f"{name} in a file\n")

    settings = Settings.read({f"{name}_FILE": str(tmp_path / name) for name in SECRET_VARIABLES})

    assert {name: getattr(settings, name.lower()) for name in SECRET_VARIABLES} == {
        name: f"{name} in a file" for name in SECRET_VARIABLES
    }


def test_a_setting_whose_name_promises_a_secret_is_secret() -> None:
    assert {name for name in VARIABLES if name.endswith(("DATABASE_URL", "SECRET", "SECRETS", "KEYS", "API_KEY"))} == (
        SECRET_VARIABLES
    )


def test_development_keeps_to_its_own_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s" * 32)
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("MIGRATION_DATABASE_URL", "postgresql://production/chat")
    monkeypatch.setenv("BETTER_AUTH_SECRET_FILE", str(secret))

    settings = development._settings(URL)

    assert (settings.database_url, settings.migration_database_url) == (URL, None)
    assert (settings.secret, settings.auth_cookies) == ("s" * 32, True)


REQUIRED = "DATABASE_URL is required: the PostgreSQL database, such as postgresql://user:password@host/name"
WIRE_APIS = "one of auto, chat_completions, responses"
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
        ({"DATABASE_URL": URL, "RETENTION_DAYS": "0"}, "RETENTION_DAYS must be a whole number from 1 to 36500"),
        ({"DATABASE_URL": URL, "ECHO_DELAY": "-1"}, "ECHO_DELAY must be a number of seconds from 0 to 60"),
        ({"DATABASE_URL": URL, "OPENAI_WIRE_API": "telex"}, f"OPENAI_WIRE_API must be {WIRE_APIS}"),
        ({"DATABASE_URL": URL, "AUTH_COOKIES": "perhaps"}, "AUTH_COOKIES must be true or false"),
        (
            {"DATABASE_URL": URL, "DATABASE_URL_FILE": "/run/secrets/url"},
            "DATABASE_URL and DATABASE_URL_FILE are both set: unset one of them",
        ),
    ],
)
def test_what_is_missing_or_odd_is_named_in_one_line(environment: dict[str, str], says: str) -> None:
    with pytest.raises(SettingsError) as raised:
        Settings.read(environment)

    assert str(raised.value) == says


def test_a_retention_is_a_number_of_days_and_none_if_it_is_not_set() -> None:
    days = [Settings.read({"DATABASE_URL": URL, "RETENTION_DAYS": text}).retention_days for text in ("", "1", "36500")]

    assert days == [None, 1, 36500]


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
        ({"agent_keys": "s" * 31}, "AGENT_KEYS"),
        ({"agent_keys": "s" * 257}, "AGENT_KEYS"),
        ({"agent_keys": "s" * 32 + ",short"}, "AGENT_KEYS"),
        ({"agent_keys": "s" * 31 + " s"}, "AGENT_KEYS"),
        ({"agent_keys": "s" * 32 + "é"}, "AGENT_KEYS"),
        ({"agent_keys": ",".join(["s" * 32] * 9)}, "AGENT_KEYS"),
        ({"agent_keys": " , "}, "AGENT_KEYS"),
    ],
)
def test_settings_that_would_let_strangers_in_or_everybody_out_are_refused(changes: dict[str, Any], says: str) -> None:
    Settings(**GOOD).require_authentication()

    with pytest.raises(SettingsError) as raised:
        Settings(**GOOD | changes).require_authentication()

    assert says in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "sss" not in str(raised.value)


@pytest.mark.parametrize("url", ["https://app.test/sign-in?next=%2F", "http://localhost:3000", "/sign-in", "/"])
def test_people_are_sent_to_sign_in_at_an_address_or_a_path(url: str) -> None:
    Settings(**GOOD, sign_in_url=url).require_authentication()


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil.test/", "sign-in", "https://a b", "/sign-in\n", "data:,x"]
)
def test_another_place_to_sign_in_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="SIGN_IN_URL must be an address such as"):
        Settings(**GOOD, sign_in_url=url).require_authentication()


def test_development_has_the_chat_page_unless_it_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert development._settings(URL).chat_page
    assert not Settings.read({"DATABASE_URL": URL}).chat_page

    monkeypatch.setenv("CHAT_PAGE", "false")

    assert not development._settings(URL).chat_page


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


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        (None, ()),
        ("k" * 32, ("k" * 32,)),
        (f"{'new' * 11},{'old' * 85}!", ("new" * 11, "old" * 85 + "!")),
        (f" {'new' * 11} , {'old' * 11} ,\n", ("new" * 11, "old" * 11)),
    ],
)
def test_agent_keys_are_read_by_commas_and_do_not_show(given: str | None, keys: tuple[str, ...]) -> None:
    settings = Settings(**GOOD, agent_keys=given)

    settings.require_authentication()

    assert settings.accepted_agent_keys == keys
    assert all(key not in repr(settings) for key in keys)
