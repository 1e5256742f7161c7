"""Code on the chat page is copied by the button beside it."""

from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.chat_page import ChatPage, write_conversation
from tests.support.word_responder import WordResponder

CODE = "def f():\n    return 1 < 2"
REPLY = f"Such as:\n\n- ```\n  nested\n  ```\n\n```python\n{CODE}\n```\n\nAnd so on."
PRESSED = "Copy the code"


@pytest.fixture(autouse=True)
def words(words: WordResponder) -> WordResponder:
    """Answer all tests here."""
    return words


@pytest.fixture
def chat(new_page: Callable[..., Page], service: str, token: str) -> ChatPage:
    """The page of a user who lets it use the clipboard."""
    return ChatPage(new_page(permissions=["clipboard-read", "clipboard-write"]), service, token)


def show(chat: ChatPage, writer: httpx.Client, reply: str = REPLY) -> None:
    messages = [{"role": "user", "content": reply}, {"role": "assistant", "content": reply}]
    chat.open(write_conversation(writer, "Code", messages))
    chat.page.locator("article.assistant .code").first.wait_for()


def pasted(chat: ChatPage) -> str:
    """What a person pastes where messages are written."""
    chat.draft.fill("")
    chat.draft.press("ControlOrMeta+v")
    return chat.draft.input_value()


def test_each_block_of_an_assistants_code_is_copied_by_its_button(chat: ChatPage, writer: httpx.Client) -> None:
    show(chat, writer)
    copied = []

    for button in chat.page.get_by_role("button", name=PRESSED).all():
        button.click()
        expect(button.locator("use")).to_have_attribute("href", "/web/icons.svg#check")
        copied.append(pasted(chat))

    assert copied == ["nested", CODE]
    expect(chat.page.locator("#announcer")).to_have_text("Copied.")
    expect(chat.page.locator("article.user").get_by_role("button", name=PRESSED)).to_have_count(0)


def test_the_button_is_the_next_key_after_the_code(chat: ChatPage, writer: httpx.Client) -> None:
    show(chat, writer)

    chat.page.locator("article.assistant .code pre").last.focus()
    chat.page.keyboard.press("Tab")
    chat.page.keyboard.press("Enter")

    expect(chat.page.locator("#announcer")).to_have_text("Copied.")
    assert pasted(chat) == CODE


def test_code_is_copied_where_the_page_has_no_clipboard(chat: ChatPage, writer: httpx.Client) -> None:
    chat.page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined });")
    show(chat, writer, "```\nwithout()\n```")

    chat.page.get_by_role("button", name=PRESSED).click()

    expect(chat.page.locator("#announcer")).to_have_text("Copied.")
    assert pasted(chat).strip() == "without()"


def test_the_button_keeps_the_focus_when_the_reply_ends(chat: ChatPage, words: WordResponder) -> None:
    words.reply_with(REPLY, pieces=4)
    chat.open()
    chat.send("go on")
    expect(chat.page.locator("article.assistant .text")).to_contain_text("And so on.")
    chat.page.get_by_role("button", name=PRESSED).last.focus()

    words.release("go on")
    chat.wait_until_quiet()

    expect(chat.page.get_by_role("button", name=PRESSED).last).to_be_focused()
