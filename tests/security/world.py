"""The user for whom the corpus is sent."""

from dataclasses import dataclass

import httpx

from tests.security.corpus.inputs import CONVERSATION, MESSAGE, TOKEN


@dataclass(frozen=True, slots=True)
class World:
    """A user with a conversation of three messages."""

    service: str
    token: str
    conversation_id: str

    def fill(self, data: bytes) -> bytes:
        """The input with what is real in the place of its placeholders, which are as long."""
        digits = self.conversation_id.removeprefix("conv_")
        for placeholder, real in ((TOKEN, self.token), (CONVERSATION[5:], digits)):
            assert len(placeholder) == len(real)
            data = data.replace(placeholder.encode(), real.encode()).replace(
                placeholder.upper().encode(), real.upper().encode()
            )
        return data


def make_world(service: str, token: str) -> World:
    """The user of this session, and a new conversation."""
    messages = [{"role": "user", "content": "hello"}] * 3
    with httpx.Client(base_url=service, headers={"Authorization": f"Bearer {token}"}) as client:
        made = client.post("/api/conversations", json={"messages": messages}).raise_for_status().json()
        assert f"msg_{CONVERSATION[5:]}00000001" == MESSAGE
    return World(service, token, made["id"])
