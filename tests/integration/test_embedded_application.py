"""The application in process, as the agent runtime uses it, and the example in the README."""

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from adapters.echo.responder import EchoResponder
from domain.errors import ConversationNotFoundError, ResponderFailedError, TooManyRepliesError
from domain.identifiers import ConversationId
from domain.message import NewMessage, Status
from domain.pages import ConversationWindow
from domain.ports.responder import Turn
from domain.principal import Principal
from domain.reply_events import ReplyEvent, TextDelta
from domain.roles import Role
from entrypoints.embedded import open_application
from entrypoints.settings import Settings
from tests.support.commands import INHERITED

README = Path(__file__).parents[2] / "README.md"


async def test_a_runtime_writes_every_role_and_reads_the_history_on_behalf_of_an_owner(settings: Settings) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}}
    turn = [
        NewMessage(role=Role.SYSTEM, content="Be brief."),
        NewMessage(role=Role.DEVELOPER, content="Use the tools."),
        NewMessage(role=Role.USER, content="How is the weather in Rome?", metadata={"page": "home"}),
        NewMessage(role=Role.ASSISTANT, tool_calls=[call]),
        NewMessage(role=Role.TOOL, tool_call_id="call_1", content="Sunny"),
        NewMessage(role=Role.ASSISTANT, content="Sunny."),
    ]

    async with open_application(settings) as app:
        ann = Principal.agent(on_behalf_of="ann")
        created = await app.create_conversation(ann, metadata={"topic": "weather"})
        await app.append_messages(ann, created.conversation.id, turn)
        page = await app.read_history(ann, created.conversation.id)

        with pytest.raises(ConversationNotFoundError):
            await app.read_history(Principal.agent(on_behalf_of="bob"), created.conversation.id)

    assert page.conversation.title == "How is the weather in Rome?"
    assert [message.to_chat() for message in page.messages] == [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": "Use the tools."},
        {"role": "user", "content": "How is the weather in Rome?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "content": "Sunny", "tool_call_id": "call_1"},
        {"role": "assistant", "content": "Sunny."},
    ]


async def test_replies_of_one_owner_at_once_are_limited_in_process_too(settings: Settings) -> None:
    slow = msgspec.structs.replace(settings, echo_delay=60.0, limit_user_replies=1)
    question = NewMessage(role=Role.USER, content="one two")
    async with open_application(slow) as app:
        ann, ben = Principal.agent(on_behalf_of="ann"), Principal.agent(on_behalf_of="ben")
        begun = [await app.begin_reply(one, question) for one in (ann, ben)]

        with pytest.raises(TooManyRepliesError):
            await app.begin_reply(ann, question)

        for one, reply in zip((ann, ben), begun, strict=True):
            await app.stop_reply(one, reply.address.conversation_id)
        again = await app.begin_reply(ann, question)
        await app.stop_reply(ann, again.address.conversation_id)


async def test_what_http_wrote_the_runtime_reads(settings: Settings, database_url: str) -> None:
    async with open_application(settings) as first:
        created = await first.create_conversation(Principal.agent(on_behalf_of="carol"), title="shared")
    async with open_application(Settings(database_url=database_url)) as second:
        page = await second.read_history(Principal.agent(on_behalf_of="carol"), ConversationId(created.conversation.id))

    assert page.conversation.title == "shared"


async def test_a_reply_that_runs_when_the_application_is_closed_is_kept_as_far_as_it_goes(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    thinks = asyncio.Event()

    async def half(_: EchoResponder, turn: Turn) -> AsyncGenerator[ReplyEvent, None]:
        yield TextDelta(turn.text[:4])
        thinks.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(EchoResponder, "reply", half)
    dora = Principal.agent(on_behalf_of="dora")
    async with open_application(settings) as first:
        waiting = asyncio.create_task(first.chat(dora, "Hello"))
        await thinks.wait()
    with pytest.raises(ResponderFailedError):
        await waiting

    async with open_application(settings) as second:
        (conversation,) = (await second.list_conversations(dora, ConversationWindow())).conversations
        page = await second.read_history(dora, conversation.id)

    assert [(one.role, one.content and one.content.value, one.status) for one in page.messages] == [
        (Role.USER, "Hello", Status.COMPLETED),
        (Role.ASSISTANT, "Hell", Status.INCOMPLETE),
    ]


def test_the_example_in_the_readme_runs(database_url: str) -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)

    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", example],
        env=INHERITED | {"DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert "assistant" in ran.stdout
