"""The floor: the same SQL and the same answers, on uvicorn and asyncpg alone; little is checked, nothing layered."""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Final
from urllib.parse import parse_qs
from uuid import UUID

import asyncpg
import msgspec

from adapters.better_auth.layout import Layout
from adapters.better_auth.names import Names
from adapters.postgres import message_windows, reads, reply_writes, writes
from adapters.postgres.address import DatabaseAddress
from adapters.postgres.compiling import Statement
from adapters.postgres.database import Database, PoolSettings
from domain.identifiers import ConversationId, OwnerId
from domain.pages import ConversationCursor
from entrypoints.native_api.cursor import encode_cursor

type _Scope = MutableMapping[str, Any]
type _Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type _Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
type _Answer = tuple[int, str]

_POOL: Final = 10


class _Message(msgspec.Struct):
    role: str
    content: msgspec.Raw


class _Append(msgspec.Struct):
    messages: list[_Message]


class _Chat(msgspec.Struct):
    message: str
    conversation_id: str


_append_of: Final = msgspec.json.Decoder(_Append).decode
_chat_of: Final = msgspec.json.Decoder(_Chat).decode


class Floor:
    """The app."""

    _pool: "asyncpg.Pool[asyncpg.Record]"
    _lookup: str

    async def __call__(self, scope: _Scope, receive: _Receive, send: _Send) -> None:
        """Serve."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        status, text = await self._answer(scope, receive)
        body = text.encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: _Receive, send: _Send) -> None:
        address = DatabaseAddress.parse(os.environ["DATABASE_URL"])
        async with AsyncExitStack() as stack:
            database = await stack.enter_async_context(Database.connect(address, PoolSettings(size=1)))
            self._lookup = (await Layout.discover(database, Names())).lookup
            self._pool = await stack.enter_async_context(
                asyncpg.create_pool(**address.arguments, min_size=0, max_size=_POOL, reset=_keep)
            )
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: _Scope, receive: _Receive) -> _Answer:
        path = scope["path"]
        if path == "/health/live":
            return 200, "{}"
        session = await self._session(scope)
        if session is None:
            return 401, "{}"
        if path == "/api/me":
            return 200, f'{{"user_id":"{session["user_id"]}","session_expires_at":"{_time(session["expires_at"])}"}}'
        if path == "/api/conversations":
            return await self._list(session["user_id"])
        if path == "/api/chat":
            return await self._chat(session["user_id"], _chat_of(await _body(receive)))
        return await self._messages(session["user_id"], scope, receive)

    async def _messages(self, owner: str, scope: _Scope, receive: _Receive) -> _Answer:
        identifier = scope["path"].split("/")[3][5:]
        if scope["method"] == "GET":
            return await self._page(owner, identifier, parse_qs(scope["query_string"]))
        written = await self._append(owner, identifier, _append_of(await _body(receive)).messages)
        return (201, f'{{"data":[{",".join(written)}]}}') if written else (404, "{}")

    async def _session(self, scope: _Scope) -> asyncpg.Record | None:
        for name, value in scope["headers"]:
            if name == b"authorization":
                row = await self._pool.fetchrow(self._lookup, value[7:].decode())
                return row if row and row["is_live"] and not row["is_banned"] else None
        return None

    async def _append(self, owner: str, identifier: str, messages: list[_Message]) -> list[str]:
        contents, count = [bytes(message.content).decode() for message in messages], len(messages)
        values = {
            "owner_id": owner,
            "conversation_id": UUID(identifier),
            "suggested_title": None,
            "decided_on": None,
            "leaves": [],
            "follows": None,
            "most_messages": 0,
            "key": None,
            "fingerprint": None,
            **_columns([message.role for message in messages], contents),
        }
        row = await self._pool.fetchrow(writes.APPEND.sql, *writes.APPEND.arguments(values))
        if row is None:
            return []
        first, at = row["last_seq"] - count + 1, _time(row["updated_at"])
        return [
            _message(identifier, seq, message.role, content, "completed", "{}", at)
            for seq, (message, content) in enumerate(zip(messages, contents, strict=True), first)
        ]

    async def _chat(self, owner: str, chat: _Chat) -> _Answer:
        identifier = chat.conversation_id[5:]
        said, reply = (msgspec.json.encode(text).decode() for text in (chat.message, f"Echo: {chat.message}"))
        one = {"owner_id": owner, "conversation_id": UUID(identifier), "leaves": [], "key": None, "fingerprint": None}
        messages = _columns(["user", "assistant"], [said, '""'], "in_progress")
        turn = {**one, **messages, "suggested_title": None, "decided_on": None, "follows": None, "most_messages": 0}
        begun = await self._pool.fetchrow(reply_writes.BEGIN.sql, *reply_writes.BEGIN.arguments(turn))
        if begun is None:
            return 409, "{}"
        seq, at = begun["last_seq"], _time(begun["updated_at"])
        end = {
            **one,
            **_columns([], []),
            "reply_seq": seq,
            "seq": seq,
            "number": 1,
            "events": f'[["t","Echo: ",{said}],["f","stop",null,null]]',
            "runs_on": False,
            "content": reply,
            "tool_calls": None,
            "status": "completed",
        }
        await self._pool.fetchrow(reply_writes.ADVANCE.sql, *reply_writes.ADVANCE.arguments(end))
        return 200, (
            f'{{"conversation_id":"{chat.conversation_id}","response":{reply},'
            f'"user_message":{_message(identifier, seq - 1, "user", said, "completed", "{}", at)},'
            f'"assistant_message":{_message(identifier, seq, "assistant", reply, "completed", "{}", at)}}}'
        )

    async def _page(self, owner: str, identifier: str, query: dict[bytes, list[bytes]]) -> _Answer:
        before = query.get(b"before")
        statement = message_windows.MESSAGES_BEFORE if before else message_windows.MESSAGES_NEWEST
        values = {
            "owner_id": owner,
            "conversation_id": UUID(identifier),
            "limit": int(query[b"limit"][0]),
            "anchor": int(before[0]) if before else 0,
        }
        rows = await self._fetch(statement, values)
        if not rows:
            return 404, "{}"
        lowest, highest = rows[-1]["lowest"], rows[-1]["highest"]
        rows.sort(key=itemgetter("seq"))
        texts = [_stored(identifier, row) for row in rows if row["seq"] is not None]
        older = lowest is not None and (not texts or lowest < rows[0]["seq"])
        newer = highest is not None and (not texts or highest > rows[-1]["seq"])
        more = f'"has_more_before":{str(older).lower()},"has_more_after":{str(newer).lower()}'
        return 200, f'{{"data":[{",".join(texts)}],{more}}}'

    async def _list(self, owner: str) -> _Answer:
        after = {"after_updated_at": datetime(9999, 12, 31, tzinfo=UTC), "after_id": UUID(int=2**128 - 1)}
        rows = await self._fetch(reads.CONVERSATIONS, {"owner_id": owner, "archived": False, "limit": 21, **after})
        cursor = "null"
        if len(rows) > 20:
            last = ConversationCursor(rows[19]["updated_at"], ConversationId(rows[19]["id"]))
            cursor = f'"{encode_cursor(last, OwnerId(owner), archived=False)}"'
        return 200, f'{{"data":[{",".join(map(_conversation, rows[:20]))}],"next_cursor":{cursor}}}'

    async def _fetch(self, statement: Statement, values: dict[str, Any]) -> list[asyncpg.Record]:
        return await self._pool.fetch(statement.sql, *statement.arguments(values))


def _columns(roles: list[str], contents: list[str], last_status: str = "completed") -> dict[str, Any]:
    """The parameters for new messages; the last one has a status of its own."""
    count, nothing = len(roles), [None] * len(roles)
    return {
        "count": count,
        "messages_role": roles,
        "messages_content": contents,
        "messages_tool_calls": nothing,
        "messages_tool_call_id": nothing,
        "messages_name": nothing,
        "messages_status": (["completed"] * (count - 1) + [last_status])[:count],
        "messages_metadata": ["{}"] * count,
        "messages_item": nothing,
    }


async def _keep(connection: object) -> None:
    """As the service's pool does: no round trip to reset what was never changed."""


async def _body(receive: _Receive) -> bytes:
    whole: bytes = b""
    while True:
        event = await receive()
        whole += event["body"]
        if not event["more_body"]:
            return whole


def _time(instant: datetime) -> str:
    return f"{instant.isoformat()[:-6]}Z"


def _stored(identifier: str, row: asyncpg.Record) -> str:
    return _message(
        identifier,
        row["seq"],
        row["role"],
        row["content"] or "null",
        row["status"],
        row["metadata"],
        _time(row["created_at"]),
        "" if row["tool_calls"] is None else f',"tool_calls":{row["tool_calls"]}',
    )


def _message(
    identifier: str, seq: int, role: str, content: str, status: str, metadata: str, at: str, more: str = ""
) -> str:
    return (
        f'{{"id":"msg_{identifier}{seq:08x}","conversation_id":"conv_{identifier}","seq":{seq},"role":"{role}",'
        f'"content":{content},"status":"{status}","metadata":{metadata},"created_at":"{at}"{more}}}'
    )


def _conversation(row: asyncpg.Record) -> str:
    return (
        f'{{"id":"conv_{row["id"].hex}","title":{msgspec.json.encode(row["title"]).decode()},'
        f'"metadata":{row["metadata"]},"archived":{str(row["archived_at"] is not None).lower()},'
        f'"last_seq":{row["last_seq"]},"created_at":"{_time(row["created_at"])}",'
        f'"updated_at":"{_time(row["updated_at"])}"}}'
    )


app = Floor()
