"""The database's address."""

import ssl

import pytest

from adapters.postgres.address import DatabaseAddress, InvalidAddressError

URL = "postgresql://ann:pass%20word@db.test:5433/chat"


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
