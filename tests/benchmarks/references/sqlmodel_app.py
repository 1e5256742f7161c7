"""The usual stack: FastAPI with Pydantic response models, and SQLModel on an async engine, a session a request."""

import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Header, HTTPException, Query
from pydantic import BaseModel
from sqlalchemy import Column, Integer, Text, cast
from sqlalchemy.dialects.postgresql import ARRAY, JSON, JSONB, TIMESTAMP
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel, col, desc, select
from sqlmodel.ext.asyncio.session import AsyncSession

engine = create_async_engine(
    os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+asyncpg://", 1), pool_size=10, max_overflow=0
)
make_session = async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)
app = FastAPI()


def _now() -> datetime:
    return datetime.now(UTC)


def _instant(name: str) -> Any:
    return Field(default_factory=_now, sa_column=Column(name, TIMESTAMP(timezone=True), nullable=False))


class User(SQLModel, table=True):
    __tablename__ = "user"

    id: str = Field(primary_key=True)
    name: str
    email: str


class Session(SQLModel, table=True):
    __tablename__ = "session"

    id: str = Field(primary_key=True)
    token: str = Field(unique=True)
    user_id: str = Field(sa_column=Column("userId", Text))
    expires_at: datetime = _instant("expiresAt")


class Conversation(SQLModel, table=True):
    __tablename__ = "conversations"

    owner_id: str = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    title: str | None = None
    title_is_auto: bool = False
    annotations: dict[str, Any] = Field(default_factory=dict, sa_column=Column("metadata", JSONB))
    last_seq: int = 0
    open_tool_calls: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text)))
    archived_at: datetime | None = Field(default=None, sa_column=Column(TIMESTAMP(timezone=True)))
    created_at: datetime = _instant("created_at")
    updated_at: datetime = _instant("updated_at")


class Message(SQLModel, table=True):
    __tablename__ = "messages"

    owner_id: str = Field(primary_key=True)
    conversation_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    role: str
    content: Any = Field(default=None, sa_column=Column(JSON))
    tool_calls: Any = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    tool_call_id: str | None = None
    name: str | None = None
    status: str = "completed"
    annotations: dict[str, Any] = Field(default_factory=dict, sa_column=Column("metadata", JSON))
    created_at: datetime = _instant("created_at")


class NewMessage(BaseModel):
    role: str
    content: str | list[dict[str, Any]] | None = None


class AppendIn(BaseModel):
    messages: list[NewMessage]


class ChatIn(BaseModel):
    message: str
    conversation_id: str


class MessageOut(BaseModel):
    id: str
    conversation_id: str
    seq: int
    role: str
    content: str | list[dict[str, Any]] | None
    tool_calls: list[dict[str, Any]] | None
    tool_call_id: str | None
    name: str | None
    status: str
    metadata: dict[str, Any]
    created_at: datetime

    @classmethod
    def of(cls, message: Message) -> "MessageOut":
        fields = message.model_dump(exclude={"owner_id", "conversation_id", "annotations"})
        return cls(
            id=f"msg_{message.conversation_id.hex}{message.seq:08x}",
            conversation_id=f"conv_{message.conversation_id.hex}",
            metadata=message.annotations,
            **fields,
        )


class AppendedOut(BaseModel):
    data: list[MessageOut]


class PageOut(BaseModel):
    data: list[MessageOut]
    has_more_before: bool
    has_more_after: bool


class ChatOut(BaseModel):
    conversation_id: str
    response: str
    user_message: MessageOut
    assistant_message: MessageOut


class ConversationOut(BaseModel):
    id: str
    title: str | None
    metadata: dict[str, Any]
    archived: bool
    last_seq: int
    created_at: datetime
    updated_at: datetime


class ConversationsOut(BaseModel):
    data: list[ConversationOut]
    next_cursor: str | None


class MeOut(BaseModel):
    user_id: str
    session_expires_at: datetime


async def get_db() -> AsyncIterator[AsyncSession]:
    async with make_session() as db:
        yield db


Db = Annotated[AsyncSession, Depends(get_db)]


async def get_session(db: Db, authorization: Annotated[str, Header()]) -> Session:
    token = authorization.removeprefix("Bearer ")
    query = select(Session, User).join(User, col(User.id) == Session.user_id).where(Session.token == token)
    found = (await db.exec(query)).first()
    if found is None or found[0].expires_at <= _now():
        raise HTTPException(401)
    return found[0]


Caller = Annotated[Session, Depends(get_session)]


async def get_conversation(db: Db, owner_id: str, conversation_id: str, *, for_update: bool = False) -> Conversation:
    query = select(Conversation).where(
        Conversation.owner_id == owner_id, Conversation.id == UUID(conversation_id.removeprefix("conv_"))
    )
    conversation = (await db.exec(query.with_for_update() if for_update else query)).one_or_none()
    if conversation is None:
        raise HTTPException(404)
    return conversation


async def save(db: Db, owner_id: str, conversation_id: str, new: list[NewMessage]) -> list[MessageOut]:
    conversation = await get_conversation(db, owner_id, conversation_id, for_update=True)
    messages = [
        Message(owner_id=owner_id, conversation_id=conversation.id, seq=seq, role=one.role, content=one.content)
        for seq, one in enumerate(new, conversation.last_seq + 1)
    ]
    conversation.last_seq += len(messages)
    conversation.updated_at = _now()
    db.add_all(messages)
    await db.commit()
    await db.refresh(conversation)
    return [MessageOut.of(message) for message in messages]


@app.get("/health/live")
async def live() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/api/me")
async def me(caller: Caller) -> MeOut:
    return MeOut(user_id=caller.user_id, session_expires_at=caller.expires_at)


@app.get("/api/conversations")
async def list_conversations(
    db: Db, caller: Caller, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> ConversationsOut:
    query = (
        select(Conversation)
        .where(Conversation.owner_id == caller.user_id, cast(col(Conversation.archived_at).is_not(None), Integer) == 0)
        .order_by(desc(Conversation.updated_at), desc(Conversation.id))
        .limit(limit + 1)
    )
    found = (await db.exec(query)).all()
    page = [
        ConversationOut(
            id=f"conv_{one.id.hex}",
            title=one.title,
            metadata=one.annotations,
            archived=one.archived_at is not None,
            last_seq=one.last_seq,
            created_at=one.created_at,
            updated_at=one.updated_at,
        )
        for one in found[:limit]
    ]
    return ConversationsOut(data=page, next_cursor=page[-1].id if len(found) > limit else None)


@app.post("/api/conversations/{conversation_id}/messages", status_code=201)
async def append(db: Db, caller: Caller, conversation_id: str, body: AppendIn) -> AppendedOut:
    return AppendedOut(data=await save(db, caller.user_id, conversation_id, body.messages))


@app.get("/api/conversations/{conversation_id}/messages")
async def page(
    db: Db,
    caller: Caller,
    conversation_id: str,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=0)] = None,
) -> PageOut:
    conversation = await get_conversation(db, caller.user_id, conversation_id)
    query = select(Message).where(Message.owner_id == caller.user_id, Message.conversation_id == conversation.id)
    if before is not None:
        query = query.where(Message.seq < before)
    messages = list(reversed((await db.exec(query.order_by(desc(Message.seq)).limit(limit))).all()))
    return PageOut(
        data=[MessageOut.of(message) for message in messages],
        has_more_before=bool(messages) and messages[0].seq > 1,
        has_more_after=bool(messages) and messages[-1].seq < conversation.last_seq,
    )


@app.post("/api/chat")
async def chat(db: Db, caller: Caller, body: ChatIn) -> ChatOut:
    (said,) = await save(db, caller.user_id, body.conversation_id, [NewMessage(role="user", content=body.message)])
    reply = f"Echo: {body.message}"
    (answered,) = await save(db, caller.user_id, body.conversation_id, [NewMessage(role="assistant", content=reply)])
    return ChatOut(conversation_id=body.conversation_id, response=reply, user_message=said, assistant_message=answered)
