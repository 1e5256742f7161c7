"""The chat page for people who use no mouse, no screen, another colour scheme, or a phone."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.chat_page import ChatPage, turns, write_conversation
from tests.support.browser.chromium import AXE
from tests.support.browser.complaints import Complaints
from tests.support.word_responder import WordResponder

type NewPage = Callable[..., Page]

CALL = {"id": "call-1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Rome"}'}}
REPLY = """# Sunny

1. *one*
2. `two`

| a | b |
|---|---|
| c | d |

```
code
```
[a link](https://example.com)
"""
MESSAGES: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "The weather?"},
    {"role": "assistant", "content": "Let me see.", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "call-1", "content": "sunny"},
    {"role": "assistant", "content": REPLY},
]


@pytest.fixture(autouse=True)
def words(words: WordResponder) -> WordResponder:
    """Answer all tests here."""
    return words


def violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it is now, by all of its rules."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("() => axe.run()")["violations"]
    return [f"{one['id']}: {node['target']} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.fixture(params=[("light", 1200), ("dark", 390)], ids=["light, wide", "dark, narrow"])
def chat(request: pytest.FixtureRequest, new_page: NewPage, service: str, token: str) -> ChatPage:
    """The page in this colour scheme, on a screen of this width."""
    scheme, width = request.param
    page = new_page(color_scheme=scheme, viewport={"width": width, "height": 800}, bypass_csp=True)
    return ChatPage(page, service, token)


def states_of(chat: ChatPage, writer: httpx.Client, words: WordResponder) -> Iterator[str]:
    """Bring the page into each of its states; the name of each."""
    is_phone = chat.page.viewport_size == {"width": 390, "height": 800}
    chat.open()
    yield "a new chat"
    chat.open(write_conversation(writer, "Everything", MESSAGES))
    chat.page.locator(".markdown table").wait_for()
    chat.page.locator("details summary").click()
    yield "messages"
    chat.button("Actions for this chat").click()
    yield "a menu"
    chat.button("Delete").click()
    yield "a question"
    chat.button("Cancel").click()
    chat.send("one pause fail")
    chat.wait_for_reply("one")
    yield "a reply that runs"
    words.release("one pause fail")
    chat.wait_until_quiet()
    yield "a reply that failed"
    chat.button("Actions for this chat").click()
    chat.button("Archive").click()
    chat.button("Undo").wait_for()
    yield "a notice"
    chat.page.evaluate("() => dispatchEvent(new Event('offline'))")
    yield "a warning"
    chat.page.evaluate("() => { location.hash = 'nowhere'; }")
    chat.wait_for("This chat is not there.")
    yield "a chat that is not there"
    if is_phone:
        chat.button("Open the list of chats").click()
        yield "the list on a phone"


def test_axe_finds_nothing(chat: ChatPage, writer: httpx.Client, words: WordResponder, complaints: Complaints) -> None:
    complaints.expect("status of 404")

    found = {state: violations(chat.page) for state in states_of(chat, writer, words)}

    assert len(found) > 8
    assert {state: some for state, some in found.items() if some} == {}


def test_axe_finds_what_is_wrong(page: Page) -> None:
    page.set_content("<html lang=en><title>x</title><main><h1>x</h1><button></button></main>")

    assert any(one.startswith("button-name") for one in violations(page))


def test_nothing_is_wider_than_a_phone(new_page: NewPage, service: str, token: str, writer: httpx.Client) -> None:
    wide = "| " + " | ".join(f"column {number}" for number in range(30)) + " |\n" + "|---" * 30 + "|\n"
    messages = [
        *MESSAGES,
        {"role": "user", "content": "w" * 500},
        {"role": "assistant", "content": f"{'w' * 500}\n\n{wide}\n\n```\n{'w' * 500}\n```"},
    ]
    chat = ChatPage(new_page(viewport={"width": 360, "height": 640}, has_touch=True), service, token)
    chat.open(write_conversation(writer, "Wide " * 30, messages))
    chat.page.locator(".markdown table").last.wait_for()

    assert chat.page.evaluate("() => document.documentElement.scrollWidth") <= 360
    assert chat.page.evaluate("() => document.getElementById('scroller').scrollWidth") <= 360


class Keyboard:
    """A person who uses the keyboard alone."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @property
    def focused(self) -> str:
        """The name of what has the focus."""
        name: str = self.page.evaluate(
            "() => { const at = document.activeElement; return at.getAttribute('aria-label') ?? at.innerText.trim(); }"
        )
        return name

    def go_to(self, name: str, key: str = "Tab") -> None:
        """Press a key until something of this name has the focus, which must be seen to have it."""
        for _ in range(40):
            if self.focused.startswith(name):
                break
            self.page.keyboard.press(key)
        assert self.focused.startswith(name)
        outline = "() => getComputedStyle(document.activeElement).outlineStyle"
        assert self.page.evaluate(outline) != "none" or name == "Your message"


def test_everything_can_be_done_by_keyboard(page: Page, service: str, token: str, writer: httpx.Client) -> None:
    write_conversation(writer, "Old", turns(2))
    chat, keyboard = ChatPage(page, service, token), Keyboard(page)
    chat.open()

    page.keyboard.type("one pause two")  # the focus is there from the start
    page.keyboard.press("Enter")
    chat.wait_for_reply("one")
    keyboard.go_to("Stop the reply")
    page.keyboard.press("Enter")
    chat.wait_until_quiet()
    assert keyboard.focused == "Your message"
    keyboard.go_to("Old", "Shift+Tab")
    page.keyboard.press("Enter")
    chat.wait_for("message 1")

    keyboard.go_to("Actions for Old", "Shift+Tab")
    page.keyboard.press("Enter")
    keyboard.go_to("Rename")
    page.keyboard.press("Enter")
    page.keyboard.type("New")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("New")

    keyboard.go_to("Actions for New")
    page.keyboard.press("Enter")
    keyboard.go_to("Delete")
    page.keyboard.press("Enter")
    keyboard.go_to("Delete")
    page.keyboard.press("Enter")
    chat.wait_for("What would you like to talk about?")
    keyboard.go_to("Undo")
    page.keyboard.press("Enter")
    expect(page.locator("#list li:not([hidden])")).to_have_count(2)


def test_escape_closes_what_lies_over_the_page(page: Page, service: str, token: str, writer: httpx.Client) -> None:
    chat, keyboard = ChatPage(page, service, token), Keyboard(page)
    chat.open(write_conversation(writer, "Old", turns(2)))

    keyboard.go_to("Actions for this chat", "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#menu")).to_be_visible()
    page.keyboard.press("Escape")

    expect(page.locator("#menu")).to_be_hidden()
    assert keyboard.focused == "Actions for this chat"


def test_the_list_on_a_phone_is_opened_and_closed_by_keyboard(new_page: NewPage, service: str, token: str) -> None:
    page = new_page(viewport={"width": 390, "height": 800})
    chat, keyboard = ChatPage(page, service, token), Keyboard(page)
    chat.open()
    hidden = page.get_by_role("navigation").is_hidden()

    keyboard.go_to("Open the list of chats", "Shift+Tab")
    page.keyboard.press("Enter")
    within = keyboard.focused
    page.keyboard.press("Escape")

    assert (hidden, within, keyboard.focused) == (True, "Close the list", "Open the list of chats")


def test_a_screen_reader_is_told_once_what_was_said(page: Page, service: str, token: str, words: WordResponder) -> None:
    chat = ChatPage(page, service, token)
    chat.open()
    said = "() => document.querySelector('[role=status]#announcer').textContent"

    chat.send("one pause two")
    chat.wait_for_reply("one")
    meanwhile = page.evaluate(said)
    words.release("one pause two")
    chat.wait_until_quiet()

    assert meanwhile == "The assistant is replying."
    assert page.evaluate(said).strip() == "The assistant said: one two"
    assert page.locator("#thread [aria-live], #thread [role=log]").count() == 0


def test_messages_are_found_by_their_headings(page: Page, service: str, token: str, writer: httpx.Client) -> None:
    chat = ChatPage(page, service, token)

    chat.open(write_conversation(writer, "Old", turns(4)))

    names = [one.inner_text() for one in page.get_by_role("article").get_by_role("heading", level=2).all()]
    assert names == ["You", "Assistant", "You", "Assistant"]


def test_people_who_want_no_motion_see_none(new_page: NewPage, service: str, token: str) -> None:
    chat = ChatPage(new_page(reduced_motion="reduce"), service, token)
    chat.open()

    chat.send("one pause two")
    dots = chat.page.locator("article.assistant .waiting i").first
    dots.wait_for()

    assert dots.evaluate("dot => getComputedStyle(dot).animationName") == "none"
