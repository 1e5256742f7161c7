"""A browser for the tests, and the pages that it opens."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from entrypoints.settings import Settings
from tests.support import better_auth_server
from tests.support.browser.chat_page import ChatPage
from tests.support.browser.chromium import Chromium, NoBrowserError, find_chromium
from tests.support.browser.complaints import Complaints
from tests.support.browser.launching import apart, launched
from tests.support.node_packages import NodePackagesError, install_packages
from tests.support.service import AGENT_KEY

_HERE = Path(__file__).parent
_MILLISECONDS = 20_000.0

type NewPage = Callable[..., Page]

expect.set_options(timeout=_MILLISECONDS)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Install what comes from npm before the first test, whose time limit is not made for that."""
    is_ours = any(item.path.is_relative_to(_HERE) for item in session.items)
    if is_ours and not session.config.option.collectonly:
        with suppress(NodePackagesError):  # the first server says it again, in its own test
            install_packages(better_auth_server.DIRECTORY)
        session.config.stash[_CHROMIUM] = _found()


_CHROMIUM = pytest.StashKey[Chromium | str]()


def _found() -> Chromium | str:
    """The browser, or why there is none."""
    try:
        return find_chromium()
    except NoBrowserError as error:
        return str(error)


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest, database_url: str) -> Iterator[Browser]:  # noqa: ARG001 - made before it, dropped after it
    """The browser. Where there is none, the tests are skipped; in CI they fail."""
    chromium = request.config.stash[_CHROMIUM]
    if isinstance(chromium, str):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(chromium)
    with launched(chromium) as browser:
        yield browser


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    """What the test's pages complain of, which must be nothing that the test does not expect."""
    complaints = Complaints()
    yield complaints
    assert complaints.unexpected == []


@pytest.fixture
def new_page(browser: Browser, complaints: Complaints) -> Iterator[NewPage]:
    """Opens an empty page as a new visitor would, with storage of its own; takes options of a browser context."""
    with ExitStack() as stack:

        def new_page(**options: object) -> Page:
            context = browser.new_context(**options)  # type: ignore[arg-type]  # the test names them
            stack.callback(context.close)
            context.set_default_timeout(_MILLISECONDS)
            complaints.watch(context)
            return context.new_page()

        yield new_page


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """An empty page of a new visitor."""
    return new_page()


@pytest.fixture(scope="session")
def settings(settings: Settings) -> Settings:
    """Settings for the shared database, with the chat page."""
    return msgspec.structs.replace(settings, chat_page=True)


@pytest.fixture
def token(client: httpx.Client) -> str:
    """That of the session of the client's user."""
    return client.headers["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def chat(page: Page, service: str, token: str) -> ChatPage:
    """The chat page of the client's user, not opened yet."""
    return ChatPage(page, service, token)


@pytest.fixture
def writer(client: httpx.Client) -> Iterator[httpx.Client]:
    """An HTTP client of an agent runtime, which may write every role for the client's user."""
    headers = {**client.headers, "X-Agent-Key": AGENT_KEY}
    with httpx.Client(base_url=client.base_url, headers=headers, timeout=30) as writer:
        yield writer


@pytest.fixture(scope="session")
def new_token(new_token: Callable[[], str]) -> Callable[[], str]:
    """Signs a new user in; the token of the session."""
    return lambda: apart(new_token)
