"""A person at the example in React: what they do, and what they wait to see."""

import secrets
from dataclasses import dataclass, field
from typing import Final

from playwright.sync_api import Locator, Page, expect

_PASSWORD: Final = "a long password"


@dataclass(kw_only=True)
class Person:
    """Somebody with a page of the example that is open, and an email address of their own."""

    page: Page
    name: str
    email: str = field(default_factory=lambda: f"{secrets.token_hex(8)}@example.test")

    def sign_up(self) -> None:
        """Sign up on the page."""
        self.button("I am new here").click()
        self.page.get_by_label("Name").fill(self.name)
        self._give("Sign up")
        self.page.get_by_text(self.name, exact=True).wait_for()

    def sign_in(self, password: str = _PASSWORD) -> None:
        """Sign in on the page."""
        self._give("Sign in", password)

    def sign_out(self) -> None:
        """Sign out, and wait until it is so."""
        self.button("Sign out").click()
        self.page.get_by_role("heading", name="Sign in").wait_for()

    def say(self, text: str) -> None:
        """Send a message."""
        self.page.get_by_label("Message").fill(text)
        self.page.keyboard.press("Enter")

    def button(self, name: str) -> Locator:
        """The button of this name."""
        return self.page.get_by_role("button", name=name, exact=True)

    def expect_said(self, *said: str) -> None:
        """Wait until these messages are shown, and no others."""
        expect(self.page.locator("main li")).to_have_text(list(said))

    def expect_listed(self, *titles: str) -> None:
        """Wait until these conversations are listed, and no others."""
        expect(self.page.locator("nav li")).to_have_text(list(titles))

    def _give(self, action: str, password: str = _PASSWORD) -> None:
        self.page.get_by_label("Email").fill(self.email)
        self.page.get_by_label("Password").fill(password)
        self.button(action).click()
