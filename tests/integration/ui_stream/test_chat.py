"""The AI SDK's chat against the service: what a user sees, and what is kept."""

import secrets
from typing import Any

import httpx
import pytest

from entrypoints.http import event_stream
from tests.support.postgres import execute
from tests.support.ui_message_client import ChatState, UIChat
from tests.support.waiting import eventually
from tests.support.word_responder import WordResponder

PNG = {"type": "file", "mediaType": "image/png", "url": "data:image/png;base64,iVBORw0KGgo=", "filename": "dot.png"}


@pytest.fixture
def chat_id() -> str:
    return f"conv_{secrets.token_hex(16)}"


def history(client: httpx.Client, chat_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/conversations/{chat_id}/messages").json()["data"]
    return found


def kept(client: httpx.Client, chat_id: str) -> list[tuple[str, str, str]]:
    return [(one["role"], one["content"], one["status"]) for one in history(client, chat_id)]


def is_said(text: str) -> Any:
    """Whether the last message is the assistant's, and has this text."""
    return lambda state: state.texts[-1:] == [("assistant", text)]


def is_over(state: ChatState) -> bool:
    return state.status in {"ready", "error"}


@pytest.mark.parametrize("is_default", [True, False])
def test_turns_are_streamed_and_kept(page: UIChat, client: httpx.Client, chat_id: str, *, is_default: bool) -> None:
    page.open(chat_id, is_default=is_default)

    page.do("send", text="one two")
    seen = page.do("send", text="three")

    assert (seen.status, seen.error) == ("ready", None)
    assert seen.texts == [("user", "one two"), ("assistant", "one two "), ("user", "three"), ("assistant", "three ")]
    assert [one["finishReason"] for one in seen.finishes] == ["stop", "stop"]
    messages = history(client, chat_id)
    assert [(one["role"], one["content"], one["status"]) for one in messages] == [
        (role, text, "completed") for role, text in seen.texts
    ]
    assert [seen.messages[index]["id"] for index in (1, 3)] == [messages[index]["id"] for index in (1, 3)]


def test_a_page_that_is_loaded_shows_what_was_streamed(page: UIChat, chat_id: str) -> None:
    page.open(chat_id)
    streamed = page.do("send", text="now call there", files=[PNG])

    page.open(chat_id)

    loaded = page.state
    assert loaded.texts == streamed.texts
    tools = [
        [part for part in state.messages[-1]["parts"] if part["type"] == "tool-weather"] for state in (streamed, loaded)
    ]
    assert tools[0] == tools[1]
    assert tools[0][0]["input"] == {"city": "Rome"}
    assert tools[0][0]["output"] == "sunny"
    assert [part["type"] for part in loaded.messages[0]["parts"]] == ["file", "text"]


@pytest.mark.parametrize("is_other_host", [False, True])
def test_a_page_that_is_reloaded_in_the_middle_has_the_whole_reply_once(
    page: UIChat, other_service: str, token: str, words: WordResponder, chat_id: str, *, is_other_host: bool
) -> None:
    page.open(chat_id)
    page.begin("send", text="one pause two")
    page.until(is_said("one "))

    with UIChat(other_service if is_other_host else page.origin, token) as reloaded:
        reloaded.open(chat_id)
        assert reloaded.state.texts == [("user", "one pause two")]
        resuming = reloaded.begin("resume")
        reloaded.until(is_said("one "))
        words.release("one pause two")
        seen = reloaded.wait_for(resuming)

    assert (seen.status, seen.error) == ("ready", None)
    assert seen.texts == [("user", "one pause two"), ("assistant", "one two ")]
    page.until(is_over)
    assert page.state.messages[-1] == seen.messages[-1]


def test_a_reply_that_is_left_goes_on_and_can_be_resumed_in_the_same_page(
    page: UIChat, words: WordResponder, chat_id: str
) -> None:
    page.open(chat_id)
    page.begin("send", text="one pause two")
    page.until(is_said("one "))

    left = page.do("abort")
    resuming = page.begin("resume")
    page.until(lambda state: state.status == "streaming")
    words.release("one pause two")
    seen = page.wait_for(resuming)

    assert left.status == "ready"
    assert seen.texts == [("user", "one pause two"), ("assistant", "one two ")]
    assert [one["isAbort"] for one in seen.finishes] == [True, False]


def test_a_reply_that_ends_between_loading_and_resuming_is_shown_whole(
    page: UIChat, service: str, token: str, words: WordResponder, chat_id: str
) -> None:
    page.open(chat_id)
    sending = page.begin("send", text="one pause two")
    page.until(is_said("one "))

    with UIChat(service, token) as reloaded:
        reloaded.open(chat_id)
        words.release("one pause two")
        page.wait_for(sending)
        seen = reloaded.do("resume")

    assert seen.status == "ready"
    assert seen.messages[1:] == page.state.messages[1:]


def test_nothing_is_resumed_where_nothing_runs(page: UIChat, chat_id: str) -> None:
    page.open(chat_id)
    before = page.do("send", text="one")

    after = page.do("resume")

    assert (after.status, after.error, after.messages) == ("ready", None, before.messages)


def test_a_reply_that_is_stopped_says_so_and_the_next_turn_is_taken(
    page: UIChat, client: httpx.Client, chat_id: str
) -> None:
    page.open(chat_id)
    sending = page.begin("send", text="one pause two")
    page.until(is_said("one "))

    page.do("stop")
    stopped = page.wait_for(sending)
    seen = page.do("send", text="three")

    assert (stopped.status, stopped.error, stopped.texts[-1]) == ("ready", None, ("assistant", "one "))
    assert stopped.finishes[-1]["finishReason"] == "other"
    assert stopped.messages[-1]["metadata"] == {"finish_reason": "stopped"}
    assert seen.texts[-1] == ("assistant", "three ")
    assert [status for _, _, status in kept(client, chat_id)] == ["completed", "incomplete", "completed", "completed"]


def test_a_reply_that_fails_is_an_error_and_is_made_again(
    page: UIChat, words: WordResponder, client: httpx.Client, chat_id: str
) -> None:
    page.open(chat_id)

    failed = page.do("send", text="one fail two")
    words.is_failing = False
    seen = page.do("regenerate")

    assert (failed.status, failed.error) == ("error", "The reply failed.")
    assert failed.texts == [("user", "one fail two"), ("assistant", "one ")]
    assert failed.messages[-1]["metadata"] == {"finish_reason": "failed"}
    assert (seen.status, seen.error) == ("ready", None)
    assert seen.texts == [("user", "one fail two"), ("assistant", "one fail two ")]
    said = [(role, text) for role, text, status in kept(client, chat_id) if status == "completed"]
    assert said == seen.texts


def test_the_history_is_not_rewritten(page: UIChat, client: httpx.Client, chat_id: str) -> None:
    page.open(chat_id)
    first = page.do("send", text="one")
    page.do("send", text="two")
    user_id, reply_id = (one["id"] for one in first.messages)

    edited = page.do("send", text="three", messageId=user_id)
    page.open(chat_id)
    made_anew = page.do("regenerate", messageId=reply_id)

    assert [(state.status, "messageId" in str(state.error)) for state in (edited, made_anew)] == [("error", True)] * 2
    assert [text for _, text, _ in kept(client, chat_id)] == ["one", "one ", "two", "two "]


def test_a_turn_while_a_reply_runs_is_refused_and_the_reply_goes_on(
    page: UIChat, service: str, token: str, words: WordResponder, client: httpx.Client, chat_id: str
) -> None:
    page.open(chat_id)
    sending = page.begin("send", text="one pause two")
    page.until(is_said("one "))

    with UIChat(service, token) as second:
        second.open(chat_id)
        refused = second.do("send", text="three")
    words.release("one pause two")
    page.wait_for(sending)

    assert refused.status == "error"
    assert '"code":"reply_running"' in str(refused.error)
    assert kept(client, chat_id) == [("user", "one pause two", "completed"), ("assistant", "one two ", "completed")]


def test_a_session_that_ends_ends_its_streams_and_not_the_reply(
    page: UIChat,
    words: WordResponder,
    client: httpx.Client,
    database_url: str,
    chat_id: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(event_stream, "CHECK_SECONDS", 0.05)
    page.open(chat_id)
    sending = page.begin("send", text="one pause two")
    page.until(is_said("one "))
    user_id = client.get("/api/me").json()["user_id"]

    execute(database_url, f"""UPDATE "session" SET "expiresAt" = 'epoch' WHERE "userId" = '{user_id}'""")  # noqa: S608 - the test's own user
    cut = page.wait_for(sending)
    resumed = page.do("resume")
    execute(database_url, f"""UPDATE "session" SET "expiresAt" = 'infinity' WHERE "userId" = '{user_id}'""")  # noqa: S608 - as above
    words.release("one pause two")

    assert cut.status == "error"
    assert cut.finishes[-1]["isError"]
    assert cut.texts[-1] == ("assistant", "one ")
    assert '"code":"unauthenticated"' in str(resumed.error)
    assert eventually(lambda: kept(client, chat_id)[-1:] == [("assistant", "one two ", "completed")])
