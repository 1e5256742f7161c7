"""A write has its one effect wherever in its course the connection to the database breaks."""

from collections.abc import Callable, Iterator
from itertools import product

import httpx
import msgspec
import pytest

from tests.faults.interrupted_writes import cut_at_every_step
from tests.faults.mutants import FOUND_AT_A_STEP, MUTANTS
from tests.faults.protocol_proxy import ProtocolProxy
from tests.support.service import running_service, settings_for

pytestmark = [pytest.mark.faults, pytest.mark.timeout(60)]


@pytest.fixture(scope="module")
def proxy(database_url: str) -> Iterator[ProtocolProxy]:
    with ProtocolProxy(database_url) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def address(proxy: ProtocolProxy) -> Iterator[str]:
    hurried = {"database_command_timeout": 1.0, "request_timeout": 3.0, "reply_lease": 1.0}
    with running_service(msgspec.structs.replace(settings_for(proxy.url), **hurried)) as address:
        yield address


@pytest.fixture
def writer(address: str, new_token: Callable[[], str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {new_token()}"}, timeout=30) as client:
        yield client


@pytest.mark.parametrize("forwards", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("what", "is_warm", "stays"),
    [
        ("append", False, True),  # cold: from the opening of the connection on
        *product(("create", "append", "chat", "chat in a new conversation"), (True,), (False, True)),
        *product(("append without a key", "rename", "delete"), (True,), (False,)),
    ],
)
def test_one_effect_wherever_the_connection_is_cut(
    what: str,
    is_warm: bool,  # noqa: FBT001 - a parameter of the test
    forwards: bool,  # noqa: FBT001 - as above
    stays: bool,  # noqa: FBT001 - as above
    proxy: ProtocolProxy,
    writer: httpx.Client,
) -> None:
    wrong, steps = cut_at_every_step(what, writer, proxy, is_warm=is_warm, forwards=forwards, stays=stays)

    assert wrong == []
    assert steps > (5 if is_warm else 11)


@pytest.mark.parametrize("mutant", FOUND_AT_A_STEP)
def test_a_second_effect_is_found(
    mutant: str, proxy: ProtocolProxy, writer: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*MUTANTS[mutant])

    wrong, _ = cut_at_every_step(FOUND_AT_A_STEP[mutant], writer, proxy, is_warm=True, forwards=True, stays=False)

    assert any("'hello', 'hello'" in one for one in wrong), wrong
