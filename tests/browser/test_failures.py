"""What the chat page says when something goes wrong, and that nothing that was typed is lost."""

import json
from collections.abc import Callable

import httpx
import msgspec
import pytest
from playwright.sync_api import Page, Route, expect

from entrypoints.settings import Settings
from tests.support.browser.chat_page import ChatPage, turns, write_conversation
from tests.support.browser.complaints import Complaints
from tests.support.browser.launching import apart
from tests.support.browser.routes import answer_next
from tests.support.postgres import execute
from tests.support.service import running_service
from tests.support.word_responder import WordResponder

SAID = "Something that took long to write"


@pytest.fixture(autouse=True)
def words(words: WordResponder, complaints: Complaints) -> WordResponder:
    """Answer all tests here, whose requests fail on purpose: the browser's console says so."""
    complaints.expect("Failed to load resource")
    return words


def refuse(
    page: Page, path: str, status: int, *, code: str = "", retry_after: str | None = None, times: int = 1
) -> None:
    """Let the next requests be refused as the service would."""
    problem = {
        "type": f"urn:ai-agent:{code}",
        "title": "A Title",
        "status": status,
        "detail": "A detail.",
        "code": code,
    }
    problem |= {"errors": [{"field": "message", "message": "must not be odd"}]} if status == 422 else {}
    headers = {"content-type": "application/problem+json"} | ({"retry-after": retry_after} if retry_after else {})

    def fulfil(route: Route) -> None:
        route.fulfill(status=status, headers=headers, body=json.dumps(problem))

    answer_next(page, path, fulfil, times)


def banner(chat: ChatPage) -> str:
    """What stands above the composer, once it is there."""
    chat.page.locator("#banner p").wait_for()
    return chat.page.locator("#banner p").inner_text().replace("\n", " ")


def users_messages(client: httpx.Client) -> list[str]:
    """What the service has of the user."""
    conversations = client.get("/api/conversations").json()["data"]
    pages = [client.get(f"/api/conversations/{one['id']}").json()["messages"] for one in conversations]
    return [message["content"] for page in pages for message in page if message["role"] == "user"]


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (401, "unauthenticated", "You are not signed in. Open the link that brought you here again"),
        (403, "banned", "Your account may not do this. Ask whoever runs this service why."),
        (403, "too_many_conversations", "You have as many chats as you may have. Delete some that you do not need"),
        (403, "too_many_messages", "This chat is full. Begin a new one."),
        (404, "conversation_not_found", "This chat is not there. It was deleted, or it is somebody else's."),
        (409, "conflict", "This chat was changed at the same moment. Send again."),
        (413, "body_too_large", "This message is too long. Make it shorter"),
        (422, "rule_violation", "The service can't take this as it is. It says: must not be odd."),
    ],
)
def test_a_message_that_is_refused_is_given_back_with_the_reason(
    chat: ChatPage, client: httpx.Client, status: int, code: str, says: str
) -> None:
    chat.open()
    refuse(chat.page, "**/api/chat", status, code=code)

    chat.send(SAID)
    said = banner(chat)

    assert said.startswith(says)
    expect(chat.draft).to_have_value(SAID)
    assert chat.said == []
    assert users_messages(client) == []
    chat.page.reload()
    expect(chat.draft).to_have_value(SAID)


def test_a_message_that_was_given_back_is_sent_again(chat: ChatPage, client: httpx.Client) -> None:
    chat.open()
    refuse(chat.page, "**/api/chat", 409, code="conflict")
    chat.send(SAID)
    banner(chat)

    chat.draft.press("Enter")
    chat.wait_until_quiet()

    assert users_messages(client) == [SAID]
    expect(chat.page.locator("#banner")).to_be_empty()


@pytest.mark.parametrize(
    ("status", "retry_after", "says"),
    [
        (429, "1", "Too many requests were sent."),
        (503, "1", "The service is busy, or its storage is away."),
        (503, None, "The service is busy, or its storage is away."),
        (500, None, "Something went wrong in the service."),
        (502, None, "Something went wrong in the service."),
    ],
)
def test_a_message_is_sent_again_when_the_service_can_take_it(
    chat: ChatPage, client: httpx.Client, status: int, retry_after: str | None, says: str
) -> None:
    chat.page.clock.install()
    chat.open()
    refuse(chat.page, "**/api/chat", status, retry_after=retry_after)

    chat.send(SAID)
    chat.wait_for(f"Not sent yet. {says} It is tried again.")
    before = users_messages(client)
    chat.page.clock.fast_forward(1_500)
    chat.wait_until_quiet()

    assert (before, users_messages(client)) == ([], [SAID])
    assert chat.said == [("user", SAID), ("assistant", SAID)]


def test_after_several_tries_people_decide(chat: ChatPage, client: httpx.Client) -> None:
    chat.page.clock.install()
    chat.open()
    refuse(chat.page, "**/api/chat", 503, times=6)

    chat.send(SAID)
    for _ in range(5):
        with chat.page.expect_response("**/api/chat"):
            chat.page.clock.fast_forward(20_000)
    chat.wait_for("Try again in a moment.")
    chat.page.clock.fast_forward(60_000)
    before = users_messages(client)
    chat.button("Try now").click()
    chat.wait_until_quiet()

    assert (before, users_messages(client)) == ([], [SAID])


@pytest.mark.parametrize("way", ["Edit", "Stop the reply"])
def test_a_message_that_is_not_sent_yet_can_be_changed(chat: ChatPage, client: httpx.Client, way: str) -> None:
    chat.page.clock.install()
    chat.open()
    refuse(chat.page, "**/api/chat", 503)
    chat.send(SAID)
    chat.wait_for("Not sent yet.")

    chat.button(way).click()
    expect(chat.draft).to_have_value(SAID)
    chat.send("Something shorter")
    chat.wait_until_quiet()

    assert users_messages(client) == ["Something shorter"]


def test_an_answer_that_is_lost_doubles_nothing(chat: ChatPage, client: httpx.Client) -> None:
    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    chat.open()
    answer_next(chat.page, "**/api/chat", lose)

    chat.send(SAID)
    chat.wait_for("Not sent yet. There is no connection.")
    chat.button("Try now").click()
    chat.wait_until_quiet()

    assert chat.said == [("user", SAID), ("assistant", SAID)]
    assert users_messages(client) == [SAID]


@pytest.mark.parametrize("lost", ["the request", "the answer"])
@pytest.mark.parametrize("place", ["a new chat", "an old chat"])
def test_a_page_that_is_left_before_the_answer_sends_once(
    chat: ChatPage, client: httpx.Client, writer: httpx.Client, lost: str, place: str
) -> None:
    is_new = place == "a new chat"

    def lose(route: Route) -> None:
        if lost == "the answer":
            route.fetch()
        route.abort()

    chat.page.clock.install()
    chat.open("" if is_new else write_conversation(writer, "Old", turns(2)))
    answer_next(chat.page, "**/api/chat", lose)
    chat.send(SAID)
    chat.wait_for("Not sent yet. There is no connection.")

    chat.page.reload()
    chat.wait_for_reply(SAID)
    chat.wait_until_quiet()

    assert chat.said[-2:] == [("user", SAID), ("assistant", SAID)]
    assert len(chat.said) == (2 if is_new else 4)
    assert users_messages(client).count(SAID) == 1


def test_a_network_that_goes_away_and_comes_back(chat: ChatPage, client: httpx.Client, words: WordResponder) -> None:
    said = "one pause two"
    chat.open()
    chat.page.context.set_offline(True)
    away = banner(chat)
    chat.send(said)
    chat.wait_for("Not sent yet. There is no connection.")

    chat.page.context.set_offline(False)
    chat.wait_for_reply("one")
    back = chat.page.locator("#banner p").count()
    words.release(said)
    chat.wait_until_quiet()

    assert away.startswith("You are offline. What you typed is kept.")
    assert back == 0
    assert users_messages(client) == [said]


def test_a_page_that_could_not_load_goes_on_when_the_network_is_back(chat: ChatPage, writer: httpx.Client) -> None:
    conversation = write_conversation(writer, "Away", turns(2))
    chat.open()
    chat.page.context.set_offline(True)
    chat.page.evaluate("id => { location.hash = id; }", conversation)
    expect(chat.page.locator(".welcome")).to_contain_text("There is no connection.")

    chat.page.context.set_offline(False)
    chat.wait_for("message 1")

    assert len(chat.said) == 2


def test_a_message_that_is_too_long_is_given_back(chat: ChatPage, client: httpx.Client) -> None:
    text = "x" * 1_100_000
    chat.open()

    chat.send(text)
    said = banner(chat)

    assert said.startswith("This message is too long.")
    assert chat.draft.input_value() == text
    assert users_messages(client) == []


def test_a_chat_in_which_a_reply_runs_already(chat: ChatPage, client: httpx.Client, words: WordResponder) -> None:
    conversation = client.post("/api/chat", json={"message": "one"}).json()["conversation_id"]
    chat.open(conversation)
    with client.stream(
        "POST", "/api/chat", json={"message": "a pause b", "conversation_id": conversation, "stream": True}
    ):
        chat.send(SAID)
        said = banner(chat)
    chat.wait_for_reply("a")
    words.release("a pause b")
    chat.wait_until_quiet()

    assert said.startswith("A reply is still running in this chat. Wait for its end or stop it, then send again.")
    assert chat.said[2:] == [("user", "a pause b"), ("assistant", "a b")]
    expect(chat.draft).to_have_value(SAID)
    chat.draft.press("Enter")
    chat.wait_until_quiet()
    assert chat.said[-1] == ("assistant", SAID)


def test_a_session_that_ends_is_told_with_the_place_to_sign_in(
    chat: ChatPage, settings: Settings, database_url: str, token: str
) -> None:
    with running_service(msgspec.structs.replace(settings, sign_in_url="/sign-in?to=chat")) as address:
        chat = ChatPage(chat.page, address, token)
        chat.open()
        apart(lambda: execute(database_url, f"DELETE FROM session WHERE token = '{token}'"))  # noqa: S608 - ours

        chat.send(SAID)
        said = banner(chat)
        link = chat.page.get_by_role("link", name="Sign in").get_attribute("href")
        chat.page.reload()
        expect(chat.page.locator(".welcome")).to_contain_text("You are not signed in.")

    assert said == "You are not signed in. Sign in and come back: what you typed is kept."
    assert link == "/sign-in?to=chat"
    expect(chat.draft).to_have_value(SAID)


def test_nobody_sees_a_way_to_sign_in_at_once(new_page: Callable[[], Page], settings: Settings) -> None:
    with running_service(msgspec.structs.replace(settings, sign_in_url="https://app.test/sign-in")) as address:
        page = new_page()
        page.goto(address)

        expect(page.locator(".welcome")).to_contain_text("You are not signed in.")
        expect(page.get_by_role("link", name="Sign in")).to_have_attribute("href", "https://app.test/sign-in")


@pytest.mark.parametrize("other", ["conv_" + "0" * 32, "nonsense", "%2e%2e%2f", "conv_<script>"])
def test_a_chat_that_is_not_there_is_told(chat: ChatPage, other: str) -> None:
    chat.open()

    chat.page.evaluate("id => { location.hash = id; }", other)

    expect(chat.page.locator(".welcome")).to_contain_text("This chat is not there.")
    chat.button("New chat").click()
    chat.wait_for("What would you like to talk about?")


def test_the_list_is_loaded_again_when_people_say_so(chat: ChatPage, client: httpx.Client) -> None:
    client.post("/api/conversations", json={"title": "First"})
    refuse(chat.page, "**/api/conversations?*", 500)
    chat.open()
    chat.page.locator("#list", has_text="Something went wrong in the service.").wait_for()

    chat.button("Try again").click()

    expect(chat.page.locator("#list li")).to_contain_text(["First"])


def test_a_read_waits_as_long_as_the_service_says(chat: ChatPage, client: httpx.Client) -> None:
    client.post("/api/conversations", json={"title": "First"})
    refuse(chat.page, "**/api/conversations?*", 503, retry_after="1", times=2)

    chat.open()

    expect(chat.titles).to_have_text(["First"])


@pytest.mark.parametrize("action", ["Rename", "Archive", "Delete"])
def test_a_change_that_fails_is_told_and_taken_back(chat: ChatPage, client: httpx.Client, action: str) -> None:
    client.post("/api/conversations", json={"title": "First"})
    chat.page.clock.install()
    chat.open()
    refuse(chat.page, "**/api/conversations/conv_*", 500)

    chat.act("First", action)
    if action == "Rename":
        chat.page.get_by_label("Title of the chat").fill("Second")
        chat.page.keyboard.press("Enter")
    if action == "Delete":
        chat.button("Delete").click()
        chat.page.clock.fast_forward(11_000)

    assert banner(chat).startswith("Something went wrong in the service.")
    expect(chat.page.locator("#list li:not([hidden])")).to_contain_text(["First"])
    if action == "Rename":
        chat.button("Try again").click()
        expect(chat.page.locator("#list li")).to_contain_text(["Second"])


@pytest.mark.parametrize("body", ["<html>Bad Gateway</html>", "", '{"detail": {"stack": "at line 1"}}', "null", "[]"])
def test_an_error_in_any_form_is_told_in_words(chat: ChatPage, body: str) -> None:
    chat.open()
    answer_next(chat.page, "**/api/chat", lambda route: route.fulfill(status=400, body=body))

    chat.send(SAID)
    said = banner(chat)

    assert said == "Something went wrong in the service. Try again in a moment."
    expect(chat.draft).to_have_value(SAID)
