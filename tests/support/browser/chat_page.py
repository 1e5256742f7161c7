"""The chat page, as a person sees and uses it."""

from collections.abc import Sequence
from typing import Final

import httpx
from playwright.sync_api import Locator, Page

_TITLES: Final = "#list li:not([hidden]) a bdi"
# Only the texts themselves: not the names, the times, the statuses and the calls.
_SAID: Final = """
    () => [...document.querySelectorAll('#thread article')].map((article) => [
        article.classList[0],
        [...article.querySelectorAll(':scope > .body > .text')].map((text) => text.innerText.trim()).join('|'),
    ])
"""


class ChatPage:
    """A page that one user has opened. What people read is found by its words, and what they press by its name."""

    def __init__(self, page: Page, address: str, token: str | None = None) -> None:
        self.page = page
        self.address = address
        self._link = f"{address}/" if token is None else f"{address}/#token={token}"

    def open(self, conversation_id: str = "") -> None:
        """Open the page by its link, which signs in, and then the conversation, if one is named."""
        self.page.goto(self._link)
        self.page.wait_for_selector("#list .end:not(:has(.skeleton))", state="attached")
        if conversation_id:
            self.show(conversation_id)

    def show(self, conversation_id: str) -> None:
        """Show a conversation, as by its link in the list."""
        self.page.evaluate("id => { location.hash = id; }", conversation_id)
        self.page.wait_for_selector(f"#thread:has(article[id^='{conversation_id.replace('conv_', 'msg_')}'])")

    @property
    def draft(self) -> Locator:
        """Where people write."""
        return self.page.get_by_label("Your message")

    def send(self, text: str) -> None:
        """Say something."""
        self.draft.fill(text)
        self.draft.press("Enter")

    def wait_for_reply(self, text: str) -> None:
        """Wait until the newest message is the assistant's, and has this text."""
        self.page.locator("#thread article.assistant:last-child .text", has_text=text).wait_for()

    def wait_until_quiet(self) -> None:
        """Wait until what was said is answered, and the page shows it as it is kept."""
        self.page.wait_for_selector("#thread article.assistant:last-child:not([aria-busy])")
        self.button("Send").wait_for()

    @property
    def titles(self) -> Locator:
        """Those in the list, from its top, which is read again after each reply."""
        return self.page.locator(_TITLES)

    @property
    def said(self) -> list[tuple[str, str]]:
        """The role and the text of each message that is shown."""
        return [(role, text) for role, text in self.page.evaluate(_SAID)]

    def button(self, name: str) -> Locator:
        """The button, or the entry of a menu, of this name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def act(self, title: str, action: str) -> None:
        """Do something with a conversation, by the menu of its row."""
        self.page.locator("#list li", has_text=title).hover()
        self.button(f"Actions for {title}").click()
        self.button(action).click()

    def wait_for(self, text: str) -> None:
        """Wait until a text is seen."""
        self.page.get_by_text(text).first.wait_for()


def write_conversation(agent: httpx.Client, title: str | None, messages: Sequence[object]) -> str:
    """Write a conversation of any roles; its id."""
    (first, *rest) = [messages[at : at + 100] for at in range(0, len(messages), 100)] or [[]]
    created = agent.post("/api/conversations", json={"title": title, "messages": first}).raise_for_status()
    conversation_id: str = created.json()["id"]
    for batch in rest:
        path = f"/api/conversations/{conversation_id}/messages"
        agent.post(path, json={"messages": batch}).raise_for_status()
    return conversation_id


def turns(count: int) -> list[dict[str, str]]:
    """So many messages, of which each says its number."""
    return [{"role": "assistant" if number % 2 else "user", "content": f"message {number}"} for number in range(count)]
