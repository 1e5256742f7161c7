"""The workloads: what is asked for, in the requests of the native API."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from tests.benchmarks.dataset import WORDS, Dataset

type Requests = Callable[[Dataset], Sequence[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What a workload is called in tables, its requests to the native API, and how many are under way at once."""

    title: str
    requests: Requests
    connections: int = 16


def request(method: str, path: str, token: str, body: Any = None) -> bytes:
    """A whole request."""
    content = b"" if body is None else msgspec.json.encode(body)
    head = f"{method} {path} HTTP/1.1\r\nHost: benchmark\r\nAuthorization: Bearer {token}\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return f"{head}\r\n".encode() + content


def _append(token: str, conversation: str, count: int) -> bytes:
    messages = [{"role": "user", "content": WORDS}] * count
    return request("POST", f"/api/conversations/{conversation}/messages", token, {"messages": messages})


def _page(token: str, conversation: str, before: int | None = None) -> bytes:
    query = "limit=50" if before is None else f"limit=50&before={before}"
    return request("GET", f"/api/conversations/{conversation}/messages?{query}", token)


def _chat(token: str, conversation: str) -> bytes:
    return request("POST", "/api/chat", token, {"message": WORDS, "conversation_id": conversation})


def _deep(dataset: Dataset) -> list[bytes]:
    """Pages from a tenth of the long conversation on: from 100,000 where it has a million messages."""
    start = dataset.long // 10
    return [
        _page(*dataset.long_conversation, before=start + 51 + 7 * place % (dataset.long // 2)) for place in range(1_000)
    ]


WORKLOADS: Final[Mapping[str, Workload]] = {
    "append": Workload(
        title="append one message",
        requests=lambda dataset: [_append(*conversation, count=1) for conversation in dataset.conversations],
    ),
    "batch": Workload(
        title="append 20",
        requests=lambda dataset: [_append(*conversation, count=20) for conversation in dataset.conversations],
    ),
    "chat": Workload(
        title="chat with echo",
        requests=lambda dataset: [_chat(*conversation) for conversation in dataset.conversations],
    ),
    "newest": Workload(
        title="newest page of 50",
        requests=lambda dataset: [_page(*conversation) for conversation in dataset.conversations],
    ),
    "deep": Workload(title="page of 50 deep in a long one", requests=_deep),
    "list": Workload(
        title="20 of a long list of conversations",
        requests=lambda dataset: [request("GET", "/api/conversations", dataset.lister)],
    ),
    "live": Workload(
        title="20 of a list with many newer archived ones",
        requests=lambda dataset: [request("GET", "/api/conversations", dataset.archiver)],
    ),
    "hot": Workload(
        title="64 writers on one conversation",
        requests=lambda dataset: [_append(*dataset.contended_conversation, count=1)],
        connections=64,
    ),
    "me": Workload(
        title="authentication alone",
        requests=lambda dataset: [request("GET", "/api/me", token) for token, _ in dataset.conversations],
    ),
}
