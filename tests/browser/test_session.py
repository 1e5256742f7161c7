"""The chat page with the cookie of a better-auth server on the same host, and without a token."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import pytest
from playwright.sync_api import Page, expect

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.migrating import migrate
from entrypoints.settings import Settings
from tests.support.better_auth_server import BetterAuthClient, BetterAuthServer, SignedIn
from tests.support.browser.chat_page import ChatPage
from tests.support.browser.complaints import Complaints
from tests.support.browser.launching import apart
from tests.support.postgres import new_database
from tests.support.service import SECRET, running_service, settings_for
from tests.support.sockets import free_port


@dataclass(frozen=True, kw_only=True)
class Site:
    """A host with a better-auth server, whose people are signed in by cookie."""

    client: BetterAuthClient
    settings: Settings

    def page_of(self, page: Page, person: SignedIn, address: str) -> ChatPage:
        """The chat page as the person's browser opens it."""
        cookie = {"name": person.cookie_name, "value": person.cookie_value, "url": address}
        page.context.add_cookies([{**cookie, "httpOnly": True, "sameSite": "Lax"}])  # type: ignore[typeddict-item]  # as better-auth sets it
        return ChatPage(page, address)


@pytest.fixture
def site(server_url: str) -> Iterator[Site]:
    """A site with a database of its own."""
    database = new_database(server_url)
    url = apart(database.__enter__)
    try:
        with BetterAuthServer(database_url=url, secret=SECRET) as server, BetterAuthClient(server.address) as client:
            apart(lambda: asyncio.run(migrate(DatabaseAddress.parse(url))))
            settings = msgspec.structs.replace(settings_for(url), better_auth_url=server.base_url, chat_page=True)
            yield Site(client=client, settings=settings)
    finally:
        apart(lambda: database.__exit__(None, None, None))


def test_the_cookie_of_the_same_host_signs_in(site: Site, page: Page, complaints: Complaints) -> None:
    complaints.expect("status of 401")
    ann, port = site.client.sign_up("ann@example.test"), free_port()
    settings = msgspec.structs.replace(site.settings, trusted_origins=f"http://127.0.0.1:{port}")
    with running_service(settings, port=port) as address:
        chat = site.page_of(page, ann, address)
        chat.open()

        chat.send("Hello")
        chat.wait_until_quiet()
        chat.act("Hello", "Archive")
        expect(page.locator("#list li")).to_have_count(0)

        assert chat.said == [("user", "Hello"), ("assistant", "Echo: Hello")]
        site.client.sign_out(ann)
        chat.send("Still here?")
        expect(page.locator("#banner")).to_contain_text("You are not signed in.")
        expect(chat.draft).to_have_value("Still here?")


def test_a_page_that_is_not_trusted_may_read_and_not_write(site: Site, page: Page, complaints: Complaints) -> None:
    complaints.expect("status of 403")
    with running_service(site.settings) as address:
        chat = site.page_of(page, site.client.sign_up("ann@example.test"), address)
        chat.open()

        chat.send("Hello")

        expect(page.locator("#banner")).to_contain_text("add this page's address to TRUSTED_ORIGINS")
        expect(chat.draft).to_have_value("Hello")


def test_a_token_that_is_refused_gives_way_to_the_cookie(site: Site, page: Page, complaints: Complaints) -> None:
    complaints.expect("status of 401")
    with running_service(site.settings) as address:
        chat = site.page_of(page, site.client.sign_up("ann@example.test"), address)
        page.goto(f"{address}/#token=nobodys")
        expect(page.locator(".welcome")).to_contain_text("You are not signed in.")

        page.reload()

        expect(page.locator("#list")).to_contain_text("Your chats will be here.")
        expect(chat.titles).to_have_count(0)
