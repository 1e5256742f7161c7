"""The addresses of clients, also of those that come through a trusted proxy."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from entrypoints.http.credentials import RawHeaders, values_of

type Address = IPv4Address | IPv6Address
type Networks = Sequence[IPv4Network | IPv6Network]

_PREFIX: Final = 8
"""Bytes of an IPv6 address: a /64 is what one customer has at least (RFC 6177), who can use any address of it."""


def client_key(peer: str, headers: RawHeaders, proxies: Networks) -> bytes:
    """What tells the client from others: its IPv4 address, or its IPv6 address's /64.

    ``peer`` is who is connected. A proxy appends to X-Forwarded-For by whom it was asked, so the list is read from its
    end, and what a peer says counts only if the peer is one of the ``proxies``.
    """
    if not proxies:
        return _key(peer)
    hops = [hop for value in values_of(headers, b"x-forwarded-for") for hop in value.split(",")]
    while hops and _is_in(peer, proxies):
        hop = _without_port(hops.pop().strip())
        if _parse(hop) is None:
            break
        peer = hop
    return _key(peer)


@lru_cache(4096)
def _key(address: str) -> bytes:
    """The key; one for all that is no address."""
    parsed = _parse(address)
    if parsed is None:
        return b""
    return parsed.packed[:_PREFIX] if isinstance(parsed, IPv6Address) else parsed.packed


def _is_in(address: str, networks: Networks) -> bool:
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in networks)


def _parse(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _without_port(hop: str) -> str:
    """The address of ``192.0.2.1:80`` and ``[2001:db8::1]:80``, as some proxies write it."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
