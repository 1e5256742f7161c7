"""The service with the guide's agent behind it, as a deployment runs it; its model is on the loopback."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from entrypoints.settings import Settings
from tests.support.commands import INHERITED, WITH_AUTHENTICATION, started
from tests.support.openai_frames import Answer, End
from tests.support.openai_stub import KEY, OpenAIStub, openai_stub
from tests.support.service import is_alive
from tests.support.sockets import free_port
from tests.support.waiting import eventually

GUIDE = Path(__file__).parents[2] / "docs" / "agents.md"


def example(name: str) -> str:
    """A file that the guide shows."""
    (text,) = re.findall(rf"```python {name}\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    return str(text)


@pytest.fixture(scope="module", name="stub")
def openai_endpoint() -> Iterator[OpenAIStub]:
    with openai_stub() as stub:
        yield stub


@pytest.fixture(scope="module", name="address")
def agent_service(stub: OpenAIStub, settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a service whose agent is in a module of the deployment's own. It logs nothing that it must not."""
    folder = tmp_path_factory.mktemp("agent")
    (folder / "my_agent.py").write_text(example("my_agent.py"))
    (folder / "key").write_text(f"{KEY}\n")
    environment = {
        "DATABASE_URL": settings.database_url,
        "PYTHONPATH": str(folder),
        "RESPONDER": "agent:my_agent:agent",
        "OPENAI_BASE_URL": stub.base_url,
        "OPENAI_API_KEY": "",
        "OPENAI_API_KEY_FILE": str(folder / "key"),
        "OPENAI_DEFAULT_MODEL": "Llama/7B",
        "REPLY_TIMEOUT": "5",
        **WITH_AUTHENTICATION,
    }
    port = free_port()
    with started("serve", "--port", str(port), ready="Serving on", **environment) as (process, _):
        address = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=address) as client:
            assert eventually(lambda: is_alive(client), seconds=40)
        yield address
        process.terminate()
        assert process.stdout is not None
        logged = process.stdout.read()
    assert KEY not in logged
    assert "sunny" not in logged.lower()
    assert "HTTP Request" not in logged


@pytest.fixture(name="chat")
def new_chat(address: str, stub: OpenAIStub, new_token: Callable[[], str]) -> Iterator["Chat"]:
    """A conversation of a new user."""
    stub.answers.clear()
    stub.requests.clear()
    headers = {"Authorization": f"Bearer {new_token()}"}
    with httpx.Client(base_url=address, headers=headers, timeout=30) as client:
        yield Chat(client, stub)


class Chat:
    def __init__(self, client: httpx.Client, stub: OpenAIStub) -> None:
        self.client = client
        self.stub = stub
        self.conversation_id: str | None = None

    def say(self, message: str, *answers: Answer) -> httpx.Response:
        """Say something; the model answers in these steps."""
        self.stub.answers[:] = answers
        body = {"message": message, "conversation_id": self.conversation_id}
        answer = self.client.post("/api/chat", json={name: value for name, value in body.items() if value})
        if self.conversation_id is None:
            (conversation,) = self.client.get("/api/conversations").json()["data"]
            self.conversation_id = conversation["id"]
        return answer

    def messages(self) -> list[dict[str, Any]]:
        answer = self.client.get(f"/api/conversations/{self.conversation_id}")
        return list(answer.json()["messages"])

    def last(self) -> tuple[str, str]:
        message = self.messages()[-1]
        return message["status"], message["content"]


def test_a_text_is_the_reply(chat: Chat) -> None:
    answer = chat.say("hello", Answer(texts=["It is", " sunny", "."]))

    assert (answer.status_code, answer.json()["response"]) == (200, "It is sunny.")
    assert chat.last() == ("completed", "It is sunny.")
    assert chat.stub.requests[0]["model"] == "Llama/7B"
    assert [one["role"] for one in chat.stub.requests[0]["messages"]] == ["system", "user"]


def test_calls_and_results_are_in_the_history_and_in_the_next_request(chat: Chat) -> None:
    calls = [("a", "weather", '{"city":"Rome"}'), ("b", "weather", '{"city":"Oslo"}')]

    first = chat.say("weather?", Answer(texts=["Let me look."], calls=calls), Answer(texts=["Sunny."]))
    chat.say("thanks", Answer(texts=["You are welcome."]))

    kept = chat.messages()
    assert first.json()["response"] == "Sunny."
    assert [one["role"] for one in kept] == ["user", "assistant", "tool", "tool", "assistant", "user", "assistant"]
    assert [call["id"] for call in kept[1]["tool_calls"]] == ["a", "b"]
    user_id = chat.client.get("/api/me").json()["user_id"]
    assert {one["content"] for one in kept[2:4]} == {f"sunny in Rome for {user_id}", f"sunny in Oslo for {user_id}"}
    sent = chat.stub.requests[-1]["messages"]
    fields = ("role", "content", "tool_calls", "tool_call_id")
    assert [{name: one[name] for name in fields if one.get(name)} for one in sent[1:]] == [
        {name: one[name] for name in fields if one.get(name)} for one in kept[:-1]
    ]


def test_instructions_reach_the_model_after_the_agents_own_and_are_no_message(chat: Chat) -> None:
    chat.stub.answers[:] = [Answer(texts=["Hi."]), Answer(texts=["Bye."])]

    first = chat.client.post("/v1/responses", json={"input": "hello", "instructions": "Be brief."}).json()
    chat.client.post("/v1/responses", json={"input": "bye", "previous_response_id": first["id"]})

    sent = [[(one["role"], one["content"]) for one in request["messages"]] for request in chat.stub.requests]
    assert sent[0][1:] == [("system", "Be brief."), ("user", "hello")]
    assert sent[1][1:] == [("user", "hello"), ("assistant", "Hi."), ("user", "bye")]
    assert [one[0] for one in sent] == [sent[0][0]] * 2


@pytest.mark.parametrize("status", [401, 429, 500])
def test_an_endpoint_that_refuses_fails_the_reply_and_keeps_the_turn(chat: Chat, status: int) -> None:
    answer = chat.say("hello", *[Answer(status=status)] * 3)

    assert (answer.status_code, answer.json()["code"]) == (502, "responder_failed")
    assert [(one["role"], one["status"]) for one in chat.messages()] == [("user", "completed"), ("assistant", "failed")]


@pytest.mark.parametrize("end", [End.CLOSED, End.CUT])
def test_a_reply_that_breaks_off_is_kept_as_far_as_it_came(chat: Chat, end: End) -> None:
    answer = chat.say("hello", Answer(texts=["It is"], end=end))

    assert answer.status_code == 502
    assert chat.last() == ("incomplete", "It is")


def test_a_reply_that_is_cut_by_its_provider_is_incomplete(chat: Chat) -> None:
    answer = chat.say("hello", Answer(texts=["It is"], reason="length"))

    assert answer.status_code == 200
    assert chat.last() == ("incomplete", "It is")


@pytest.mark.parametrize("end", [End.SILENT, End.ENDLESS])
def test_a_model_that_never_ends_is_hung_up_after_the_time_for_a_reply(chat: Chat, end: End) -> None:
    chat.stub.hung_up.clear()

    answer = chat.say("hello", Answer(texts=["It is"], end=end))

    assert answer.status_code == 502
    assert chat.stub.hung_up.wait(10)
    assert chat.last()[0] == "incomplete"
    assert chat.last()[1].startswith("It is")
    assert chat.say("and now?", Answer(texts=["Sunny."])).json()["response"] == "Sunny."


def frames_of(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    """The frames of a stream, up to its end."""
    for line in lines:
        if line.startswith("data: {"):
            yield json.loads(line.removeprefix("data: "))


def test_a_stream_has_the_words_while_the_model_speaks_and_stop_hangs_up_on_it(chat: Chat) -> None:
    chat.stub.hung_up.clear()
    chat.stub.answers[:] = [Answer(texts=["It is", " sunny"], end=End.SILENT)]

    with chat.client.stream("POST", "/api/chat", json={"message": "hello", "stream": True}) as stream:
        frames = frames_of(stream.iter_lines())
        conversation = next(one for one in frames if one["type"] == "data-conversation")["data"]["conversation_id"]
        words = [next(one for one in frames if one["type"] == "text-delta")["delta"] for _ in range(2)]
        stopped = chat.client.post(f"/api/conversations/{conversation}/stop")
        rest = [one["type"] for one in frames]

    assert words == ["It is", " sunny"]
    assert (stopped.json()["status"], stopped.json()["content"]) == ("incomplete", "It is sunny")
    assert rest[-2:] == ["abort", "finish"]
    assert chat.stub.hung_up.wait(10)


def test_a_stream_shows_calls_and_results(chat: Chat) -> None:
    chat.stub.answers[:] = [Answer(calls=[("a", "weather", '{"city":"Rome"}')]), Answer(texts=["Sunny."])]

    with chat.client.stream("POST", "/api/chat", json={"message": "weather?", "stream": True}) as stream:
        frames = list(frames_of(stream.iter_lines()))

    (available,) = [one for one in frames if one["type"] == "tool-input-available"]
    (output,) = [one for one in frames if one["type"] == "tool-output-available"]
    assert (available["toolCallId"], available["toolName"], available["input"]) == ("a", "weather", {"city": "Rome"})
    assert (output["toolCallId"], output["output"].split(" for ")[0]) == ("a", "sunny in Rome")
    assert frames[-1]["messageMetadata"]["usage"] == {"input_tokens": 14, "output_tokens": 6}


def test_the_guides_example_in_process_runs(stub: OpenAIStub, database_url: str, tmp_path: Path) -> None:
    (tmp_path / "my_agent.py").write_text(example("my_agent.py"))
    stub.answers[:] = [Answer(calls=[("a", "weather", '{"city":"Rome"}')]), Answer(texts=["Sunny in Rome."])]
    models = {"OPENAI_BASE_URL": stub.base_url, "OPENAI_API_KEY": KEY, "OPENAI_DEFAULT_MODEL": "llama3.2"}

    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", example("in_process.py")],
        env=INHERITED | {"DATABASE_URL": database_url, "RESPONDER": "agent:my_agent:agent", **models},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.stdout == "Sunny in Rome.\n", ran.stderr
    assert "sunny in Rome for ann" in str(stub.requests[-1])


def test_the_guides_example_with_a_session_runs(stub: OpenAIStub, database_url: str, tmp_path: Path) -> None:
    stub.answers[:] = [Answer(texts=["Sunny."]), Answer(texts=["Rain."])]
    models = {"OPENAI_BASE_URL": stub.base_url, "OPENAI_API_KEY": KEY, "OPENAI_DEFAULT_MODEL": "llama3.2"}

    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", example("run_session.py")],
        env=INHERITED | {"DATABASE_URL": database_url, **models},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.stdout == "Sunny.\nRain.\n", ran.stderr
    assert "How is the weather in Rome?" in str(stub.requests[-1])
    assert "Sunny." in str(stub.requests[-1])
