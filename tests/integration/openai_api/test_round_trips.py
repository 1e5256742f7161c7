"""What a write of items costs in round trips to the database: no more than a native append."""

from collections.abc import Callable
from pathlib import Path

import httpx
import msgspec

from entrypoints.settings import Settings
from tests.support.counting_proxy import counting_proxy
from tests.support.service import running_service

HELLO = {"role": "user", "content": "hello"}


def test_items_are_written_in_as_many_round_trips_as_messages(
    settings: Settings, new_token: Callable[[], str], tmp_path: Path
) -> None:
    headers = {"Authorization": f"Bearer {new_token()}"}
    with (
        counting_proxy(settings.database_url, tmp_path) as (url, proxy),
        running_service(msgspec.structs.replace(settings, database_url=url)) as service,
        httpx.Client(base_url=service, headers=headers, timeout=30) as client,
    ):
        place = client.post("/v1/conversations", json={}).raise_for_status().json()["id"]

        def trips(path: str, body: object) -> int:
            for _ in range(2):  # the first one prepares the statements
                proxy.reset()
                client.post(path, json=body).raise_for_status()
            return proxy.round_trips

        native = trips(f"/api/conversations/{place}/messages", {"messages": [HELLO]})
        items = trips(f"/v1/conversations/{place}/items", {"items": [HELLO]})

    assert items == native == 2
