"""Markdown on the chat page: what assistants write is formatted, what others write is text."""

import httpx
import pytest
from playwright.sync_api import Route, expect

from tests.support.browser.chat_page import ChatPage, write_conversation
from tests.support.browser.complaints import Complaints
from tests.support.word_responder import WordResponder

REPLY = """# Four days

It is **ideal**, *really*, ~~cold~~ `warm`.

1. one
2. two
   - deep

> quoted

| a | b |
|---|--:|
| c | d |

```python
def f():
    return 1 < 2
```

- [x] done

[a link](https://example.com/a?b=c&d)
![a picture](https://example.com/p.png)
"""


def shown(chat: ChatPage, writer: httpx.Client, reply: str) -> str:
    """The HTML that a reply becomes."""
    messages = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": reply}]
    chat.open(write_conversation(writer, "Formatted", messages))
    text = chat.page.locator("article.assistant .text.markdown")
    text.wait_for()
    return text.inner_html()


def test_what_an_assistant_writes_is_formatted(chat: ChatPage, writer: httpx.Client) -> None:
    shown(chat, writer, REPLY)
    text = chat.page.locator("article.assistant .text")

    assert text.locator("h3").inner_text() == "Four days"
    assert [text.locator(tag).first.inner_text() for tag in ("strong", "em", "del", "code")] == [
        "ideal",
        "really",
        "cold",
        "warm",
    ]
    assert text.locator("ol > li").count() == 2
    assert text.locator("ol ul li").inner_text() == "deep"
    assert text.locator("blockquote").inner_text() == "quoted"
    assert text.locator("td").all_inner_texts() == ["c", "d"]
    assert text.locator("pre").inner_text() == "def f():\n    return 1 < 2\n"
    assert "☑ done" in text.inner_text()


def test_a_link_leads_out_and_tells_nothing(chat: ChatPage, writer: httpx.Client) -> None:
    shown(chat, writer, REPLY)
    link, picture = chat.page.locator("article.assistant a").all()

    assert link.get_attribute("href") == "https://example.com/a?b=c&d"
    assert (picture.get_attribute("href"), picture.inner_text()) == ("https://example.com/p.png", "a picture")
    for one in (link, picture):
        assert (one.get_attribute("target"), one.get_attribute("rel")) == ("_blank", "noopener noreferrer nofollow")
    assert chat.page.locator("article img").count() == 0


def test_what_the_user_writes_is_text(chat: ChatPage, writer: httpx.Client) -> None:
    said = "# **not** formatted\n<b>nor this</b>\n[a link](https://example.com)"

    chat.open(write_conversation(writer, "Text", [{"role": "user", "content": said}]))

    assert chat.said == [("user", said)]
    assert chat.page.locator("article.user .text *").count() == 0


@pytest.mark.parametrize("tag", ["pre", "code", "kbd", "script"])
def test_what_follows_a_tag_that_is_left_open_is_shown(chat: ChatPage, writer: httpx.Client, tag: str) -> None:
    reply = f"Use <{tag}> a < b <!-- and *all* &amp; the rest"

    shown(chat, writer, f"{reply}\n\nto the end")

    assert chat.said[-1] == ("assistant", f"{reply.replace('*', '')}\n\nto the end")


def test_a_paragraph_that_would_take_minutes_to_format_is_text(chat: ChatPage, writer: httpx.Client) -> None:
    shown(chat, writer, f"**a** {'a_' * 40_000}\n\n**b** {'a_' * 100}")

    assert chat.page.locator("article.assistant strong").all_inner_texts() == ["b"]


def test_a_reply_that_is_made_is_formatted_as_one_that_is_whole(
    chat: ChatPage, words: WordResponder, writer: httpx.Client
) -> None:
    words.reply_with(REPLY, pieces=7)
    chat.open()
    chat.send("format this")
    live = chat.page.locator("article.assistant[aria-busy] .text.markdown")
    expect(live).to_contain_text("a picture")

    html = live.inner_html()

    words.release("format this")
    chat.wait_until_quiet()
    assert html == chat.page.locator("article.assistant .text.markdown").inner_html()
    assert html.count("<h3") == html.count("<table") == html.count("<pre") == 1
    assert html == shown(ChatPage(chat.page, chat.address), writer, REPLY)


def test_the_library_is_loaded_with_the_first_reply(chat: ChatPage, writer: httpx.Client) -> None:
    loaded: list[str] = []
    chat.page.on("request", lambda request: loaded.append(request.url) if "/vendor/" in request.url else None)
    chat.open()
    chat.show(write_conversation(writer, "A user's", [{"role": "user", "content": "Hello"}]))
    before = list(loaded)

    shown(chat, writer, "*Hello*")

    assert before == []
    assert sorted(url.rpartition("/")[2] for url in loaded) == ["dompurify.js", "marked.js"]


def test_without_the_library_a_reply_is_text(chat: ChatPage, writer: httpx.Client, complaints: Complaints) -> None:
    complaints.expect(r"vendor/marked\.js")
    chat.page.route("**/vendor/marked.js", lambda route: route.abort())
    messages = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "*Hello*"}]

    chat.open(write_conversation(writer, "Plain", messages))

    assert chat.said[-1] == ("assistant", "*Hello*")


def test_a_reply_does_not_wait_for_a_library_that_comes_late(chat: ChatPage) -> None:
    held: list[Route] = []
    chat.page.route("**/vendor/marked.js", lambda route: held.append(route))  # noqa: PLW0108 - takes no built-in
    chat.page.clock.install()
    chat.open()

    chat.send("a *late* one")
    chat.wait_for_reply("a *late* one")
    chat.page.clock.fast_forward(5_000)
    chat.wait_until_quiet()
    chat.send("and *another*")
    chat.wait_for_reply("and *another*")
    plain = chat.said
    held[0].continue_()

    expect(chat.page.locator("article.assistant em")).to_have_text(["late", "another"])
    assert [text for _, text in plain] == ["a *late* one", "a *late* one", "and *another*", "and *another*"]


@pytest.fixture(autouse=True)
def words(words: WordResponder) -> WordResponder:
    """Answer all tests here."""
    return words
