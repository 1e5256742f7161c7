"""What the chat page weighs: bytes of its first paint, and memory and work while a long reply is made."""

import logging
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import CDPSession, Page, expect

from tests.support.browser.chat_page import ChatPage
from tests.support.word_responder import WordResponder

_LOG = logging.getLogger(__name__)

KIB = 1024
TOKENS = 10_000
MOST_IN_FRAME = 20_000  # characters: a block that is open and what comes at once, both parsed twice
# Paragraphs, lists and code, as models write them: about ten thousand tokens of four characters.
PIECE = "A sentence with *some* **Markdown** and `code`. " * 3 + "\n\n- one\n- two\n\n```\ndo(each)\n```\n\n"
LONG_REPLY = PIECE * (TOKENS * 4 // len(PIECE)) + "the end"


@pytest.fixture(autouse=True)
def words(words: WordResponder) -> WordResponder:
    """Answer all tests here."""
    return words


def wire_bytes(page: Page, do: Callable[[], object]) -> dict[str, int]:
    """The bytes that came over the wire while something was done, headers included, by their address."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    urls: dict[str, str] = {}
    sizes: dict[str, int] = {}
    session.on("Network.requestWillBeSent", lambda event: urls.update({event["requestId"]: event["request"]["url"]}))
    session.on(
        "Network.loadingFinished",
        lambda event: sizes.update({urls[event["requestId"]]: int(event["encodedDataLength"])}),
    )
    do()
    session.detach()
    return sizes


def test_the_first_paint_weighs_less_than_sixty_kilobytes(chat: ChatPage) -> None:
    session = chat.page.context.new_cdp_session(chat.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})  # CPU time of the main thread

    sizes = wire_bytes(chat.page, chat.open)

    metrics = {one["name"]: one["value"] * 1000 for one in session.send("Performance.getMetrics")["metrics"]}
    names = ("Task", "Script", "Layout", "RecalcStyle")
    _LOG.info("%d bytes; CPU: %s ms", sum(sizes.values()), {name: round(metrics[f"{name}Duration"]) for name in names})
    assert len(sizes) > 10
    assert not any("vendor" in url for url in sizes)
    assert sum(sizes.values()) < 60 * KIB


def test_a_second_visit_asks_whether_the_files_have_changed_and_gets_none(chat: ChatPage) -> None:
    first = wire_bytes(chat.page, chat.open)

    again = wire_bytes(chat.page, chat.page.reload)

    files = [url for url in first if "/web/" in url]
    assert sum(again.get(url, 0) for url in files) < sum(first[url] for url in files) / 2


def kept_by(session: CDPSession) -> tuple[int, int]:
    """The bytes of JavaScript and the nodes that the page keeps, once all else is collected."""
    session.send("HeapProfiler.collectGarbage")
    metrics = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return int(metrics["JSHeapUsedSize"]), int(metrics["Nodes"])


def test_a_long_reply_is_kept_once(chat: ChatPage, words: WordResponder) -> None:
    session = chat.page.context.new_cdp_session(chat.page)
    session.send("Performance.enable")
    chat.open()
    chat.send("a first one pause")
    words.release("a first one pause")
    chat.wait_until_quiet()
    words.reply_with(LONG_REPLY, pieces=4)
    kept = [kept_by(session)]

    for text in ("one", "two", "three"):
        words.release(text)
        chat.send(text)
        chat.page.locator("article.user", has_text=text).last.wait_for()
        chat.wait_until_quiet()
        kept.append(kept_by(session))

    growth = [(after[0] - before[0], after[1] - before[1]) for before, after in pairwise(kept)]
    shown = chat.page.locator("article.assistant .text").last.inner_text()
    assert len(shown) > TOKENS * 3
    assert all(bytes_ < 4 * KIB * KIB for bytes_, _ in growth)
    assert sum(nodes for _, nodes in growth) < 100_000


WATCH = """
    async () => {
        const { Lexer } = await import('/web/vendor/marked.js');
        const { lex } = Lexer.prototype;
        const watched = { parsed: 0, inFrame: 0, mostInFrame: 0, frames: 0, longTasks: [] };
        Lexer.prototype.lex = function (source) {
            watched.parsed += source.length;
            watched.inFrame += source.length;
            watched.mostInFrame = Math.max(watched.mostInFrame, watched.inFrame);
            return lex.call(this, source);
        };
        const frame = () => {
            watched.inFrame = 0;
            watched.frames += 1;
            requestAnimationFrame(frame);
        };
        frame();
        new PerformanceObserver((list) => {
            watched.longTasks.push(...list.getEntries().map(({ duration }) => Math.round(duration)));
        }).observe({ type: 'longtask' });
        window.watched = watched;
    }
"""


def test_a_long_reply_is_drawn_in_frames_and_not_again_in_the_end(chat: ChatPage, words: WordResponder) -> None:
    session = chat.page.context.new_cdp_session(chat.page)
    session.send("Performance.enable")
    chat.open()
    chat.page.evaluate(WATCH)
    words.reply_with(LONG_REPLY, pieces=4)
    before = kept_by(session)
    chat.send("one")
    text = chat.page.locator("article.assistant .text.markdown")
    expect(text).to_contain_text("the end")
    live, meanwhile, watched = text.element_handle(), kept_by(session), chat.page.evaluate("() => window.watched")

    words.release("one")
    chat.wait_until_quiet()

    in_the_end = chat.page.evaluate("() => window.watched")
    _LOG.info("%d bytes more; %s, then %s", meanwhile[0] - before[0], watched, in_the_end)
    assert chat.page.evaluate("([live, kept]) => live === kept", [live, text.element_handle()])
    assert watched["mostInFrame"] <= MOST_IN_FRAME
    assert in_the_end["parsed"] - watched["parsed"] <= len(LONG_REPLY) + MOST_IN_FRAME
    assert meanwhile[0] - before[0] < 8 * KIB * KIB
    assert meanwhile[1] - before[1] < 50_000
