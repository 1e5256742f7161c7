"""The half of the protocol that writes, without sockets."""

import asyncio
import math
from typing import Any, override

from uvicorn.server import ServerState

from entrypoints.server.processes import configure
from entrypoints.server.reading import GuardedProtocol


class GoneTransport(asyncio.Transport):
    """A transport whose client has gone."""

    @override
    def is_closing(self) -> bool:
        return True

    @override
    def close(self) -> None:
        pass

    @override
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default


async def test_no_time_to_read_begins_for_a_client_that_has_gone() -> None:
    config = configure(lambda: None)
    config.load()
    protocol = GuardedProtocol(config, ServerState(), {}, asyncio.get_running_loop())
    protocol.connection_made(GoneTransport())
    protocol._close()
    assert protocol.read_deadline < math.inf
    protocol.connection_lost(None)

    protocol._close()  # as when a response ends after its client has gone

    assert protocol.read_deadline == math.inf
