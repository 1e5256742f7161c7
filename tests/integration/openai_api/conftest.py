"""OpenAI's own client, of users who are signed in."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import openai
import pytest

from tests.support.lossy_proxy import LossyProxy, lossy_proxy
from tests.support.service import AGENT_KEY

type NewSdk = Callable[..., openai.OpenAI]


@pytest.fixture
def new_sdk(service: str, new_token: Callable[[], str]) -> Iterator[NewSdk]:
    """Makes clients, each with the session of a new user as its key; ``is_agent``: with the agent key beside it."""
    with ExitStack() as stack:

        def make(token: str | None = None, *, is_agent: bool = False, **options: object) -> openai.OpenAI:
            headers = {"X-Agent-Key": AGENT_KEY} if is_agent else {}
            key = token or new_token()
            client = openai.OpenAI(base_url=f"{service}/v1", api_key=key, default_headers=headers, **options)  # type: ignore[arg-type]  # options of a test
            return stack.enter_context(client)

        yield make


@pytest.fixture
def sdk(new_sdk: NewSdk) -> openai.OpenAI:
    """A client of a new user's."""
    return new_sdk()


@pytest.fixture
def proxy(service: str) -> Iterator[LossyProxy]:
    """A proxy before the service that can lose answers."""
    with lossy_proxy(service) as proxy:
        yield proxy


@pytest.fixture
def impatient(proxy: LossyProxy, new_token: Callable[[], str]) -> Iterator[openai.OpenAI]:
    """A client behind the proxy that does not wait between its attempts."""
    with openai.OpenAI(base_url=f"{proxy.address}/v1", api_key=new_token()) as sdk:
        sdk._calculate_retry_timeout = lambda *_: 0.0  # type: ignore[method-assign]  # it waits half a second
        yield sdk
