"""Pagination under load: readers page through a conversation while others write to it."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpx

_READERS: Final = 20
_LONGEST_PAGE: Final = 50
_WRITERS: Final = 4
_BATCH: Final = 2


def paginate_while_written(client: httpx.Client, appends: int) -> list[str]:
    """What is wrong with what the readers met, each with pages of another size: each message once, in order."""
    path = f"{client.post('/api/conversations', json={}).raise_for_status().headers['Location']}/messages"
    total = _WRITERS * appends * _BATCH
    sizes = [1 + round(place * (_LONGEST_PAGE - 1) / (_READERS - 1)) for place in range(_READERS)]
    all_written = threading.Event()
    with ThreadPoolExecutor(_READERS) as readers, ThreadPoolExecutor(_WRITERS) as writers:
        runs = [readers.submit(_page_through, client, path, size, total, all_written) for size in sizes]
        try:
            batches = list(writers.map(lambda name: _write(client, path, name, appends), range(_WRITERS)))
        finally:
            all_written.set()
    written = {message["seq"]: message for batch in batches for message in batch}
    assert sorted(written) == list(range(1, total + 1))
    expected = [written[seq] for seq in range(1, total + 1)]
    return [
        f"pages of {size}: {[message['seq'] for message in met]}"
        for size, met in zip(sizes, (run.result() for run in runs), strict=True)
        if met != expected
    ]


def _write(client: httpx.Client, path: str, name: int, appends: int) -> list[dict[str, Any]]:
    written = []
    for number in range(appends):
        messages = [{"role": "user", "content": f"{name}-{number}-{place}"} for place in range(_BATCH)]
        written += client.post(path, json={"messages": messages}).raise_for_status().json()["data"]
    return written


def _page_through(
    client: httpx.Client, path: str, size: int, total: int, all_written: threading.Event
) -> Sequence[dict[str, Any]]:
    """All that is met: until there is no more, or more than there can be."""
    met: list[dict[str, Any]] = []
    while len(met) <= total:
        is_last = all_written.is_set()
        after = met[-1]["seq"] if met else 0
        page = client.get(path, params={"after": after, "limit": size}).raise_for_status().json()
        met += page["data"]
        if not page["data"] and (is_last or page["has_more_after"]):
            break
    return met
