"""Models: the responder, under one name."""

from tests.support.fakes.application import FakeWorld
from tests.support.fakes.service import service_on

ECHO = {"id": "echo", "object": "model", "created": 0, "owned_by": "ai-agent"}


async def test_the_responder_is_the_one_model() -> None:
    async with service_on(FakeWorld()) as client:
        listed, one = await client.get("/v1/models"), await client.get("/v1/models/echo")

    assert (listed.status_code, listed.json()) == (200, {"object": "list", "data": [ECHO]})
    assert (one.status_code, one.json()) == (200, ECHO)
