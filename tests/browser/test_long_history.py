"""A very long conversation on the chat page: it opens, and is read upwards, as one of a hundred messages."""

import asyncio
import logging
import os
import re
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Page

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.consistency_reader import PostgresConsistencyReader
from adapters.postgres.database import Database, PoolSettings
from application.check_consistency import CheckConsistency
from domain.consistency import Finding
from tests.support.browser.chat_page import ChatPage
from tests.support.browser.launching import apart
from tests.support.filling import conversation_id, conversations, messages
from tests.support.postgres import execute

_LOG = logging.getLogger(__name__)

COUNTS = (100, int(os.environ.get("LONG_HISTORY", "100000")))
SHORT, LONG = map(conversation_id, range(len(COUNTS)))
PAGE = 50
KIB = 1024
SCROLL_UP = "() => { document.getElementById('scroller').scrollTop = 0; }"
SHOWN = "count => document.querySelectorAll('#thread article').length === count"


@pytest.fixture
def histories(database_url: str, client: httpx.Client) -> None:
    """Give the client's user a conversation of a hundred messages, and a long one, both sound."""
    owner = client.get("/api/me").json()["user_id"]
    own = f"(SELECT * FROM conversations WHERE owner_id = '{owner}') AS own"  # noqa: S608 - an id of ours
    rows = [conversations(number, number, owner=f"'{owner}'", messages=count) for number, count in enumerate(COUNTS)]
    apart(lambda: execute(database_url, *rows, messages("A message of some words.", own)))
    assert apart(lambda: asyncio.run(findings(database_url))) == []


async def findings(url: str) -> list[Finding]:
    """What fsck finds."""
    found: list[Finding] = []
    async with Database.connect(DatabaseAddress.parse(url), PoolSettings(size=1)) as database:
        await CheckConsistency(PostgresConsistencyReader(database))(found.append)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What something costs the page: the paths that it asks for, and bytes of them, of memory, and nodes."""

    asked: list[str]
    sent: int
    memory: int
    nodes: int


def cost_of(page: Page, do: Callable[[], object], shown: int) -> Cost:
    """What it costs until so many messages are shown."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    session.send("Network.enable")
    asked: list[str] = []
    sent: list[int] = []
    session.on("Network.requestWillBeSent", lambda event: asked.append(event["request"]["url"]))
    session.on("Network.loadingFinished", lambda event: sent.append(int(event["encodedDataLength"])))

    def kept() -> tuple[int, int]:
        session.send("HeapProfiler.collectGarbage")
        metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return int(metrics["JSHeapUsedSize"]), int(metrics["Nodes"])

    memory, nodes = kept()
    do()
    page.wait_for_function(SHOWN, arg=shown)
    memory_then, nodes_then = kept()
    session.detach()
    paths = [re.sub(r"^.*?//.*?/(api|web)/|conv_\w+|\d+$", "", url) for url in asked]
    return Cost(asked=paths, sent=sum(sent), memory=memory_then - memory, nodes=nodes_then - nodes)


@pytest.mark.usefixtures("histories")
def test_a_long_history_is_opened_and_read_upwards_like_a_short_one(chat: ChatPage) -> None:
    def cost_of_opening(conversation: str) -> Cost:
        chat.page.goto("about:blank")
        chat.open()
        return cost_of(chat.page, lambda: chat.show(conversation), PAGE)

    def cost_of_scrolling() -> Cost:
        return cost_of(chat.page, lambda: chat.page.evaluate(SCROLL_UP), 2 * PAGE)

    cost_of_opening(SHORT)  # from now on the browser has the files
    short, short_up = cost_of_opening(SHORT), cost_of_scrolling()
    long, long_up = cost_of_opening(LONG), cost_of_scrolling()

    _LOG.info("%s\n%s\n%s\n%s", short, long, short_up, long_up)
    assert short.asked == ["conversations/", "vendor/marked.js", "vendor/dompurify.js"]
    assert short_up.asked == ["conversations//messages?limit=50&before="]
    for one, other in ((short, long), (short_up, long_up)):
        assert one.asked == other.asked
        assert other.sent < one.sent * 1.1  # its numbers are longer
        assert other.nodes <= one.nodes + 2  # what stands for messages that are not loaded yet
        assert other.memory < one.memory + KIB * KIB / 2
