"""The messages of a conversation on the chat page: the newest ones, and older ones on scrolling up."""

from typing import Any

import httpx
from playwright.sync_api import Page, Request, expect

from tests.support.browser.chat_page import ChatPage, turns, write_conversation

SCROLL = "(top => { document.getElementById('scroller').scrollTop = top; })"
PLACE = "id => document.getElementById(id).getBoundingClientRect().top"


def test_the_newest_messages_are_shown_and_the_newest_is_in_sight(chat: ChatPage, writer: httpx.Client) -> None:
    chat.open(write_conversation(writer, "Long", turns(120)))

    assert chat.said[-1] == ("assistant", "message 119")
    assert len(chat.said) < 120
    expect(chat.page.get_by_text("message 119")).to_be_in_viewport()


def test_older_messages_come_on_scrolling_up_without_a_jump(chat: ChatPage, writer: httpx.Client) -> None:
    conversation = write_conversation(writer, "Long", turns(130))
    chat.open(conversation)
    (oldest, *_) = [one.get_attribute("id") for one in chat.page.locator("#thread article").all()]

    with chat.page.expect_response(lambda response: "before=" in response.url):
        before = chat.page.evaluate(f"id => {{ {SCROLL}(400); return ({PLACE})(id); }}", oldest)
    chat.page.wait_for_function("id => document.querySelector('#thread article').id !== id", arg=oldest)
    after = chat.page.evaluate(PLACE, oldest)
    while len(chat.said) < 130:
        chat.page.evaluate(f"() => {SCROLL}(0)")

    assert abs(after - before) <= 1
    assert chat.said == [(one["role"], one["content"]) for one in turns(130)]
    expect(chat.page.locator("#thread .day:visible")).to_have_count(1)


def test_a_conversation_is_found_again_after_a_reload(chat: ChatPage, writer: httpx.Client) -> None:
    chat.open(write_conversation(writer, "Found again", turns(2)))

    chat.page.reload()

    chat.wait_for("message 1")
    assert chat.said == [("user", "message 0"), ("assistant", "message 1")]


CALLS: list[dict[str, Any]] = [
    {"id": "call-1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}},
    {"id": "call-2", "type": "function", "function": {"name": "trains", "arguments": "not JSON"}},
]


def test_each_role_is_shown_as_what_it_is(chat: ChatPage, writer: httpx.Client) -> None:
    conversation = write_conversation(
        writer,
        "Roles",
        [
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": "In English."},
            {"role": "user", "content": "The weather?"},
            {"role": "assistant", "content": "Let me see.", "tool_calls": CALLS},
            {"role": "tool", "tool_call_id": "call-1", "content": "sunny"},
            {"role": "assistant", "content": "It is sunny."},
        ],
    )

    chat.open(conversation)

    assert chat.said == [
        ("system", "Be brief."),
        ("developer", "In English."),
        ("user", "The weather?"),
        ("assistant", "Let me see."),
        ("assistant", "It is sunny."),
    ]
    assert [one.inner_text() for one in chat.page.locator("article .who:visible").all()] == [
        "System",
        "Developer",
        "You",
        "Assistant",
    ]


def test_a_tool_call_is_folded(chat: ChatPage, writer: httpx.Client) -> None:
    messages = [
        {"role": "user", "content": "The weather?"},
        {"role": "assistant", "tool_calls": CALLS},
        {"role": "tool", "tool_call_id": "call-1", "content": "sunny"},
    ]
    chat.open(write_conversation(writer, "Calls", messages))
    answered, unanswered = chat.page.locator("details").all()
    folded = [one.inner_text().split() for one in (answered, unanswered)]

    answered.locator("summary").click()

    assert folded == [["weather", "done"], ["trains", "called"]]
    assert answered.inner_text().split() == ["weather", "done", "city", "Rome", "Result", "sunny"]
    unanswered.locator("summary").click()
    assert unanswered.inner_text().split("\n")[-1] == "not JSON"


def test_a_result_finds_its_call_on_an_older_page(chat: ChatPage, writer: httpx.Client) -> None:
    messages = [
        {"role": "user", "content": "The weather?"},
        {"role": "assistant", "tool_calls": CALLS[:1]},
        *[{"role": "assistant", "content": f"still waiting {number}"} for number in range(60)],
        {"role": "tool", "tool_call_id": "call-1", "content": "sunny at last"},
    ]
    chat.open(write_conversation(writer, "Calls", messages))

    chat.page.evaluate(f"() => {SCROLL}(0)")

    expect(chat.page.locator("details .answered")).to_contain_text("sunny at last")


def test_parts_of_a_message_are_shown(chat: ChatPage, writer: httpx.Client) -> None:
    pixel = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    parts = [
        {"type": "text", "text": "Look:"},
        {"type": "image_url", "image_url": {"url": pixel}},
        {"type": "image_url", "image_url": {"url": "https://example.com/photo.jpg"}},
        {"type": "file", "file": {"filename": "plan.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
    ]
    chat.open(write_conversation(writer, "Parts", [{"role": "user", "content": parts}]))

    body = chat.page.locator("article .body")
    assert body.inner_text().split("\n")[0] == "Look:"
    assert body.locator("img").get_attribute("src") == pixel
    assert body.get_by_role("link").get_attribute("href") == "https://example.com/photo.jpg"
    assert "A file: plan.pdf" in body.inner_text()


def transfers(page: Page) -> list[Request]:
    requests: list[Request] = []
    page.on("request", lambda request: requests.append(request) if "/api/" in request.url else None)
    return requests


def test_a_long_history_opens_with_as_few_requests_and_bytes_as_a_short_one(
    chat: ChatPage, writer: httpx.Client
) -> None:
    short, long = (write_conversation(writer, "Same title", turns(count)) for count in (100, 1_000))
    chat.open()
    requests = transfers(chat.page)
    opened = []

    for conversation in (short, long):
        requests.clear()
        chat.show(conversation)
        chat.wait_for("message 99")
        bodies = [request.response().body() for request in requests]  # type: ignore[union-attr]  # all are answered
        opened.append((len(requests), sum(len(body) for body in bodies), len(chat.said)))

    assert opened[0][0] == opened[1][0]
    assert opened[0][2] == opened[1][2] == 50
    assert abs(opened[0][1] - opened[1][1]) < 500
