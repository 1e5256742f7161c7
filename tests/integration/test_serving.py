"""The socket that the service is bound to before anything else is done."""

import socket

import pytest

from entrypoints.server.processes import AddressInUseError, bind


def test_an_address_may_be_taken_again_right_after_its_connections_ended() -> None:
    listener = bind("127.0.0.1", 0)
    place = listener.getsockname()
    listener.listen()
    with socket.create_connection(place) as client:
        connection, _ = listener.accept()
        connection.close()  # who ends first keeps the address for a while
        assert client.recv(1) == b""
    listener.close()

    bind(*place).close()


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("192.0.2.1", 0), ("no-such-host.invalid", 0)])
def test_an_address_that_is_none_of_ours_is_said_in_one_line(host: str, port: int) -> None:
    with pytest.raises(AddressInUseError) as raised:
        bind(host, port)

    assert str(raised.value).startswith(f"Can't listen on {host}:{port}: ")
    assert "\n" not in str(raised.value)


def test_an_address_may_be_of_ipv6() -> None:
    try:
        with socket.socket(socket.AF_INET6) as other:
            other.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")

    with bind("::1", 0) as listener:
        assert listener.family == socket.AF_INET6
