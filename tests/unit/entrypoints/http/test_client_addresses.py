"""The addresses of clients: a proxy is believed if it is trusted, and nobody else is."""

from ipaddress import ip_address, ip_network

import pytest

from entrypoints.http.client_addresses import client_key

PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/64")]


def forwarded(*values: str) -> list[tuple[bytes, bytes]]:
    return [(b"x-forwarded-for", value.encode()) for value in values]


def v4(address: str) -> bytes:
    return ip_address(address).packed


def test_without_trusted_proxies_it_is_who_is_connected() -> None:
    assert client_key("192.0.2.1", forwarded("198.51.100.7"), ()) == v4("192.0.2.1")


@pytest.mark.parametrize(
    ("peer", "values", "client"),
    [
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["192.0.2.66, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["192.0.2.66", "198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.7, unknown"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("fd00::7", ["198.51.100.7"], "198.51.100.7"),
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
    ],
)
def test_the_client_is_the_last_one_that_no_trusted_proxy_is(peer: str, values: list[str], client: str) -> None:
    assert client_key(peer, forwarded(*values), PROXIES) == v4(client)


def test_addresses_of_ipv6_count_by_their_64() -> None:
    one, same, other = (client_key(f"2001:db8:0:{rest}", [], ()) for rest in ("1::1", "1:ffff::2", "2::1"))
    through_a_proxy = client_key("10.0.0.1", forwarded("[2001:db8:0:1::5]:443"), PROXIES)

    assert one == same == through_a_proxy
    assert one != other


def test_what_is_no_address_counts_as_one_client() -> None:
    assert client_key("a socket", [], PROXIES) == client_key("", [], ())
