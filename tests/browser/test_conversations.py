"""The list of conversations on the chat page: what is in it, and what people do with it."""

from collections.abc import Callable

import httpx
from playwright.sync_api import expect

from tests.support.browser.chat_page import ChatPage, turns, write_conversation
from tests.support.browser.complaints import Complaints


def test_the_link_signs_in_and_the_token_is_seen_no_more(chat: ChatPage, client: httpx.Client, token: str) -> None:
    client.post("/api/conversations", json={"title": "A trip to Rome"})
    sent: list[str] = []
    chat.page.on("request", lambda request: sent.extend([request.url.partition("#")[0], str(request.post_data)]))

    chat.open()

    expect(chat.titles).to_have_text(["A trip to Rome"])
    assert token not in chat.page.url
    assert token not in "".join(sent)
    assert chat.page.evaluate("() => history.length") <= 2
    kept = "() => [document.cookie, JSON.stringify(localStorage), document.documentElement.outerHTML].join()"
    assert token not in chat.page.evaluate(kept)
    chat.page.reload()
    expect(chat.page.locator("#list li")).to_have_count(1)


def test_a_new_link_signs_another_user_in(
    chat: ChatPage, client: httpx.Client, new_client: Callable[[], httpx.Client]
) -> None:
    other = new_client()
    client.post("/api/conversations", json={"title": "Mine"})
    other.post("/api/conversations", json={"title": "Somebody else's"})
    chat.open()

    chat.page.evaluate("token => { location.hash = `token=${token}`; }", other.headers["Authorization"][7:])

    expect(chat.page.locator("#list li")).to_contain_text(["Somebody else's"])
    assert "token" not in chat.page.url


def test_the_list_has_more_on_scrolling(chat: ChatPage, client: httpx.Client) -> None:
    for number in range(65):
        client.post("/api/conversations", json={"title": f"Chat {number}"})

    chat.open()
    first = chat.titles.count()
    while chat.titles.count() < 65:
        chat.page.locator("#list li").last.scroll_into_view_if_needed()

    assert first < 65
    expect(chat.titles).to_have_text([f"Chat {number}" for number in reversed(range(65))])


def test_a_conversation_is_renamed_in_place(chat: ChatPage, client: httpx.Client) -> None:
    client.post("/api/conversations", json={"title": "Before"})
    chat.open()

    chat.act("Before", "Rename")
    chat.page.get_by_label("Title of the chat").fill("After")
    chat.page.keyboard.press("Enter")

    expect(chat.page.locator("#list li")).to_contain_text(["After"])
    (kept,) = client.get("/api/conversations").json()["data"]
    assert kept["title"] == "After"


def test_escape_leaves_the_title_as_it_was(chat: ChatPage, writer: httpx.Client, client: httpx.Client) -> None:
    conversation = write_conversation(writer, "Before", turns(2))
    chat.open(conversation)

    chat.button("Actions for this chat").click()
    chat.button("Rename").click()
    chat.page.get_by_label("Title of this chat").fill("After")
    chat.page.keyboard.press("Escape")

    expect(chat.page.get_by_role("heading", level=1)).to_have_text("Before")
    assert client.get(f"/api/conversations/{conversation}").json()["title"] == "Before"


def test_the_title_of_the_open_conversation_is_changed_everywhere(chat: ChatPage, writer: httpx.Client) -> None:
    chat.open(write_conversation(writer, "Before", turns(2)))

    chat.button("Actions for this chat").click()
    chat.button("Rename").click()
    chat.page.get_by_label("Title of this chat").fill("After")
    chat.page.keyboard.press("Enter")

    expect(chat.page.get_by_role("heading", level=1)).to_have_text("After")
    expect(chat.page.locator("#list li")).to_contain_text(["After"])
    expect(chat.page).to_have_title("After · Chat")


def test_a_conversation_is_archived_and_brought_back(chat: ChatPage, client: httpx.Client) -> None:
    for title in ("First", "Second"):
        client.post("/api/conversations", json={"title": title})
    chat.open()

    chat.act("First", "Archive")
    expect(chat.page.locator("#list li")).to_have_count(1)
    chat.button("Archived chats").click()
    expect(chat.page.locator("#list li")).to_contain_text(["First"])
    chat.act("First", "Bring back")
    expect(chat.page.locator("#list li")).to_have_count(0)
    chat.button("Archived chats").click()

    expect(chat.page.locator("#list li")).to_contain_text(["Second", "First"])


def test_an_archived_conversation_comes_back_at_once(chat: ChatPage, client: httpx.Client) -> None:
    client.post("/api/conversations", json={"title": "First"})
    chat.open()

    chat.act("First", "Archive")
    expect(chat.page.locator("#list li")).to_have_count(0)
    chat.button("Undo").click()

    expect(chat.page.locator("#list li")).to_contain_text(["First"])
    assert [one["title"] for one in client.get("/api/conversations").json()["data"]] == ["First"]


def titles_kept(client: httpx.Client) -> list[str]:
    return [one["title"] for one in client.get("/api/conversations").json()["data"]]


def test_a_conversation_is_deleted_after_a_question_and_time_to_take_it_back(
    chat: ChatPage, client: httpx.Client
) -> None:
    client.post("/api/conversations", json={"title": "First"})
    chat.page.clock.install()
    chat.open()

    chat.act("First", "Delete")
    chat.button("Delete").click()
    expect(chat.page.locator("#list li:not([hidden])")).to_have_count(0)
    before = titles_kept(client)
    with chat.page.expect_response(lambda response: response.request.method == "DELETE") as deleted:
        chat.page.clock.fast_forward(11_000)

    assert (before, deleted.value.status, titles_kept(client)) == (["First"], 204, [])


def test_a_deletion_is_taken_back(chat: ChatPage, writer: httpx.Client, client: httpx.Client) -> None:
    conversation = write_conversation(writer, "First", turns(2))
    chat.page.clock.install()
    chat.open(conversation)

    chat.act("First", "Delete")
    chat.button("Delete").click()
    chat.wait_for("What would you like to talk about?")
    chat.button("Undo").click()
    expect(chat.page.locator("#list li:not([hidden])")).to_have_count(1)
    chat.page.clock.fast_forward(11_000)

    expect(chat.titles).to_have_text(["First"])
    assert titles_kept(client) == ["First"]


def test_nothing_is_deleted_without_a_yes(chat: ChatPage, client: httpx.Client) -> None:
    client.post("/api/conversations", json={"title": "First"})
    chat.open()

    for answer in ("Cancel", "Escape"):
        chat.act("First", "Delete")
        if answer == "Escape":
            chat.page.keyboard.press("Escape")
        else:
            chat.button("Cancel").click()
        expect(chat.page.get_by_role("dialog")).to_be_hidden()

    expect(chat.titles).to_have_text(["First"])
    assert titles_kept(client) == ["First"]


def test_a_page_that_is_left_deletes_what_was_to_be_deleted(
    chat: ChatPage, client: httpx.Client, complaints: Complaints
) -> None:
    complaints.expect("status of 404")  # the next page makes sure, and may find it gone
    client.post("/api/conversations", json={"title": "First"})
    chat.open()

    chat.act("First", "Delete")
    chat.button("Delete").click()
    chat.page.reload()
    chat.wait_for("Your chats will be here.")

    assert titles_kept(client) == []
