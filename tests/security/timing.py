"""How long a foreign conversation takes to be refused, and how long a missing one: ``python -m tests.security.timing``.

A figure for the sheet, not a test: on a busy machine the medians of two equal things differ too.
"""

import asyncio
import logging
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import httpx

from adapters.better_auth.development import open_session
from adapters.postgres.address import DatabaseAddress
from adapters.postgres.database import Database, PoolSettings
from tests.security.calls import CALLS, HELLO, call, missing_id
from tests.support import postgres
from tests.support.databases import prepare
from tests.support.service import running_service, settings_for

_TIMES: Final = 1500
_KINDS: Final = (CALLS[0], CALLS[4], CALLS[5], CALLS[10])


async def _sign_in(url: str, user: str) -> str:
    async with Database.connect(DatabaseAddress.parse(url), PoolSettings(size=1)) as database:
        return await open_session(database, user)


def _client(address: str, url: str, user: str) -> httpx.Client:
    token = asyncio.run(_sign_in(url, user))
    return httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=30)


def _measure(stranger: httpx.Client, foreign: list[str], chance: random.Random) -> None:
    missing = [missing_id() for _ in foreign]  # as often the same: what was asked for before is routed faster
    for kind in _KINDS:
        taken: dict[str, list[float]] = {"foreign": [], "missing": []}
        for _ in range(_TIMES):
            both = [("foreign", chance.choice(foreign)), ("missing", chance.choice(missing))]
            for which, conversation_id in chance.sample(both, 2):
                begun = time.perf_counter()
                answer = call(stranger, conversation_id, kind)
                taken[which].append(time.perf_counter() - begun)
                assert answer.status_code == 404
        medians = {which: statistics.median(times) * 1e6 for which, times in taken.items()}
        ratio = medians["foreign"] / medians["missing"]
        line = f"{kind[0]:6} {kind[1] or '/':12} {2 * _TIMES} requests, medians in us:"
        sys.stdout.write(f"{line} foreign {medians['foreign']:.0f}, missing {medians['missing']:.0f}: {ratio:.3f}\n")


def main() -> None:
    """Print, for some calls, both medians and their ratio."""
    logging.disable(logging.CRITICAL)
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres.postgres_server(Path(folder)) as server,
        postgres.new_database(server) as url,
    ):
        asyncio.run(prepare(url))
        with (
            running_service(settings_for(url)) as address,
            _client(address, url, "owner") as owner,
            _client(address, url, "stranger") as stranger,
        ):
            made = [owner.post("/api/conversations", json={"messages": [HELLO] * 50}) for _ in range(200)]
            _measure(stranger, [one.json()["id"] for one in made], random.Random(1))  # noqa: S311 - no secret


if __name__ == "__main__":
    main()
