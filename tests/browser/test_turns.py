"""Turns on the chat page: what is said is sent once, and its reply is followed to its end."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser.chat_page import ChatPage, turns, write_conversation
from tests.support.browser.routes import answer_next
from tests.support.word_responder import WordResponder

type NewPage = Callable[..., Page]


@pytest.fixture(autouse=True)
def words(words: WordResponder) -> WordResponder:
    """Answer all tests here."""
    return words


def history_of(client: httpx.Client) -> list[tuple[str, str, str]]:
    """Role, text and status of the messages of the client's only conversation."""
    (conversation,) = client.get("/api/conversations").json()["data"]
    messages = client.get(f"/api/conversations/{conversation['id']}").json()["messages"]
    return [(one["role"], (one["content"] or "").strip(), one["status"]) for one in messages]


def test_enter_sends_and_the_reply_is_shown(chat: ChatPage, client: httpx.Client) -> None:
    chat.open()

    chat.draft.fill("Hello")
    chat.page.keyboard.press("Shift+Enter")
    chat.page.keyboard.type("to you")
    chat.page.keyboard.press("Enter")
    chat.wait_until_quiet()

    assert chat.said == [("user", "Hello\nto you"), ("assistant", "Hello to you")]
    assert history_of(client) == [("user", "Hello\nto you", "completed"), ("assistant", "Hello to you", "completed")]
    expect(chat.titles).to_have_text(["Hello to you"])
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("Hello to you")
    assert chat.page.url.rpartition("#")[2] == client.get("/api/conversations").json()["data"][0]["id"]
    expect(chat.page.locator("[aria-current=page]")).to_contain_text("Hello to you")


def test_a_second_turn_goes_into_the_same_conversation(chat: ChatPage, client: httpx.Client) -> None:
    chat.open()

    for text in ("one", "two"):
        chat.send(text)
        chat.wait_until_quiet()

    assert chat.said == [("user", "one"), ("assistant", "one"), ("user", "two"), ("assistant", "two")]
    assert len(history_of(client)) == 4


def test_the_reply_grows_as_it_is_made(chat: ChatPage, words: WordResponder) -> None:
    chat.open()

    chat.send("one pause two")
    chat.wait_for_reply("one")
    running = chat.button("Stop the reply").is_visible(), chat.button("Send").is_visible()
    words.release("one pause two")
    chat.wait_until_quiet()

    assert running == (True, False)
    assert chat.said[-1] == ("assistant", "one two")


def test_a_reply_is_stopped(chat: ChatPage, client: httpx.Client) -> None:
    chat.open()
    chat.send("one pause two")
    chat.wait_for_reply("one")

    chat.button("Stop the reply").click()
    chat.wait_until_quiet()

    assert history_of(client)[-1] == ("assistant", "one", "incomplete")
    expect(chat.page.locator("article.assistant")).to_contain_text("ended before it was complete")
    expect(chat.button("Try again")).to_have_count(0)
    chat.send("next")
    chat.wait_until_quiet()
    assert chat.said[-1] == ("assistant", "next")


def test_a_reload_amid_the_reply_goes_on_with_it(chat: ChatPage, words: WordResponder, client: httpx.Client) -> None:
    chat.open()
    chat.send("one pause two")
    chat.wait_for_reply("one")

    chat.page.reload()
    chat.wait_for_reply("one")
    words.release("one pause two")
    chat.wait_until_quiet()

    assert chat.said == [("user", "one pause two"), ("assistant", "one two")]
    assert len(history_of(client)) == 2


def test_the_reply_goes_on_while_another_conversation_is_read(
    chat: ChatPage, words: WordResponder, writer: httpx.Client
) -> None:
    other = write_conversation(writer, "Another", turns(2))
    chat.open()
    chat.send("one pause two")
    chat.wait_for_reply("one")
    here = chat.page.url.rpartition("#")[2]

    chat.show(other)
    there = chat.said, chat.button("Send").is_visible()
    chat.show(here)
    chat.wait_for_reply("one")
    words.release("one pause two")
    chat.wait_until_quiet()

    assert there == ([("user", "message 0"), ("assistant", "message 1")], True)
    assert chat.said == [("user", "one pause two"), ("assistant", "one two")]


def test_a_second_tab_sees_the_same(chat: ChatPage, new_page: NewPage, service: str, token: str) -> None:
    chat.open()
    chat.send("one")
    chat.wait_until_quiet()
    second = ChatPage(new_page(), service, token)
    second.open(chat.page.url.rpartition("#")[2])

    chat.send("two")
    chat.wait_until_quiet()
    second.page.reload()
    second.wait_for_reply("two")

    assert second.said == chat.said
    expect(second.titles).to_have_text(["one"])


def test_tool_calls_are_folded_while_they_are_made(chat: ChatPage, words: WordResponder) -> None:
    chat.open()

    chat.send("call pause done")
    call = chat.page.locator("details.call")
    expect(call).to_contain_text("done")
    call.locator("summary").click()
    live = call.inner_text().split()
    words.release("call pause done")
    chat.wait_until_quiet()

    assert live == ["weather", "done", "city", "Rome", "Result", "sunny"]
    assert chat.said[-1] == ("assistant", "done")
    expect(chat.page.locator("details.call")).to_have_count(1)


def test_a_reply_that_failed_is_asked_for_again_and_nothing_is_said_twice(
    chat: ChatPage, words: WordResponder, client: httpx.Client
) -> None:
    chat.open()
    chat.send("fail better")
    expect(chat.page.locator("article.assistant")).to_contain_text("This reply failed.")
    words.is_failing = False

    chat.page.reload()
    chat.button("Try again").click()
    chat.wait_for_reply("better")
    chat.wait_until_quiet()

    assert chat.said == [("user", "fail better"), ("assistant", "fail better")]
    assert history_of(client) == [("user", "fail better", "completed"), ("assistant", "fail better", "completed")]


def test_a_stream_that_breaks_off_is_followed_again(chat: ChatPage, client: httpx.Client) -> None:
    def break_off(route: Route) -> None:
        body = route.fetch().text()
        route.fulfill(body=body[: body.index("two")], content_type="text/event-stream")

    chat.open()
    answer_next(chat.page, "**/api/chat", break_off)

    chat.send("one two three")
    chat.wait_until_quiet()

    assert chat.said == [("user", "one two three"), ("assistant", "one two three")]
    assert len(history_of(client)) == 2


def test_nothing_is_sent_while_a_reply_runs_and_the_draft_stays(chat: ChatPage, words: WordResponder) -> None:
    chat.open()
    chat.send("one pause two")
    chat.wait_for_reply("one")

    chat.draft.fill("too early")
    chat.page.keyboard.press("Enter")
    kept = chat.draft.input_value()
    words.release("one pause two")
    chat.wait_until_quiet()

    assert kept == chat.draft.input_value() == "too early"
    assert len(chat.said) == 2


def test_each_conversation_keeps_its_draft(chat: ChatPage, writer: httpx.Client) -> None:
    other = write_conversation(writer, "Another", turns(2))
    chat.open()
    chat.draft.fill("for a new one")

    chat.show(other)
    there = chat.draft.input_value()
    chat.draft.fill("for another one")
    chat.page.reload()
    expect(chat.draft).to_have_value("for another one")
    chat.button("New chat").click()

    assert there == ""
    expect(chat.draft).to_have_value("for a new one")


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_nothing_is_no_message(chat: ChatPage, client: httpx.Client, text: str) -> None:
    chat.open()

    chat.draft.fill(text)
    chat.page.keyboard.press("Enter")

    expect(chat.button("Send")).to_be_disabled()
    assert chat.said == []
    assert client.get("/api/conversations").json()["data"] == []


def test_a_new_conversation_is_stopped_before_it_has_an_id(chat: ChatPage, client: httpx.Client) -> None:
    held: list[Route] = []
    chat.open()
    answer_next(chat.page, "**/api/chat", held.append)
    chat.send("one pause two")

    with chat.page.expect_response("**/stop"):
        chat.button("Stop the reply").click()
        held[0].continue_()
    chat.wait_until_quiet()

    assert history_of(client)[-1][2] == "incomplete"
    assert "two" not in history_of(client)[-1][1]


@pytest.mark.parametrize("opener", ["the row", "the header"])
def test_a_title_that_is_being_written_outlasts_the_end_of_a_reply(
    chat: ChatPage, words: WordResponder, client: httpx.Client, opener: str
) -> None:
    chat.open()
    chat.send("one")
    chat.wait_until_quiet()
    chat.send("pause two")
    chat.button("Stop the reply").wait_for()
    if opener == "the row":
        chat.act("one", "Rename")
    else:
        chat.button("Actions for this chat").click()
        chat.button("Rename").click()

    chat.page.keyboard.type("A better ")
    words.release("pause two")
    chat.wait_until_quiet()
    with chat.page.expect_response(lambda response: response.request.method == "PATCH"):
        chat.page.keyboard.type("title")
        chat.page.keyboard.press("Enter")

    assert [one["title"] for one in client.get("/api/conversations").json()["data"]] == ["A better title"]


def test_who_reads_further_up_is_left_there_while_the_reply_grows(
    chat: ChatPage, words: WordResponder, writer: httpx.Client
) -> None:
    chat.open(write_conversation(writer, "Long", turns(40)))
    chat.send("one pause two")
    chat.wait_for_reply("one")
    place = "() => document.getElementById('scroller').scrollTop"

    chat.page.evaluate("() => { document.getElementById('scroller').scrollTop = 300; }")
    chat.button("Go to the newest message").wait_for()
    words.release("one pause two")
    chat.wait_until_quiet()
    stayed = chat.page.evaluate(place)
    chat.button("Go to the newest message").click()

    assert stayed == 300
    expect(chat.page.locator("article.assistant").last).to_be_in_viewport()


def test_a_reply_of_another_tab_that_failed_is_not_asked_for_with_a_turn_of_this_one(
    chat: ChatPage, client: httpx.Client
) -> None:
    chat.open()
    chat.send("fail here")
    chat.button("Try again").wait_for()
    conversation = chat.page.url.rpartition("#")[2]
    client.post("/api/chat", json={"message": "fail there", "conversation_id": conversation})

    chat.page.reload()
    chat.wait_for("fail there")

    expect(chat.page.locator("article.assistant").last).to_contain_text("This reply failed.")
    expect(chat.button("Try again")).to_have_count(0)
