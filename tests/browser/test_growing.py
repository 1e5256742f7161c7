"""Markdown that grows on the chat page: it is shown as the whole text would be, and costs no more the longer it is."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.browser.chat_page import ChatPage
from tests.support.word_responder import WordResponder

SEEDED = settings(
    max_examples=120, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
PIECES = [
    *("\n", "\n\n", "\n   ", "  ", "    ", "\t", "word", "a b", "é", "😀", "\\", "&amp;", "<", "text\nmore\n"),
    *("- ", "* ", "+ ", "1. ", "2. ", "10) ", "\n  - ", "\n1. x\n\n", "- [x] ", "> ", ">", "# ", "#", "---", "==="),
    *("```", "````", "~~~", "```js\n", "***", "*", "**", "_", "`", "~~", "[a]", "[a](b)", "![i](c)", "http://a.b"),
    *("| a | b |\n|---|---|\n", "| c | d |\n", "|", "-|-", "<div>", "</div>", "<!--", "-->", "<pre>", "<b>"),
]
# What changes blocks that are whole: the addresses of links, line endings of others, and a title of two paragraphs.
FAR_REACHING = ["[a]: /u\n", "[a]: /u 'title\n\ngoes on'\n", "[b][a]", "\r\n", "\r", "\0", '"', "'"]

GROW = """
    async ([text, places]) => {
        const { TextView } = await import('/web/text.js');
        await (await import('/web/markdown.js')).load();
        const whole = (text) => new TextView(true).show(text).element.innerHTML;
        const view = new TextView(true);
        const wrong = [];
        let from = 0;
        for (const place of places) {
            view.append(text.slice(from, place));
            while (view.draw());
            if (view.element.innerHTML !== whole(text.slice(0, place))) wrong.push(place);
            from = place;
        }
        await view.finish();
        return [wrong, view.element.innerHTML === whole(text)];
    }
"""


@pytest.fixture(autouse=True)
def words(words: WordResponder) -> WordResponder:
    """Answer all tests here."""
    return words


def texts_of(pieces: Sequence[str]) -> st.SearchStrategy[tuple[str, list[int]]]:
    """A text of such pieces, and the places where it is split, its end included."""
    texts = st.lists(st.sampled_from(pieces), min_size=1, max_size=25).map("".join)
    return texts.flatmap(lambda text: st.tuples(st.just(text), places_in(len(text.encode("utf-16-le")) // 2)))


def places_in(length: int) -> st.SearchStrategy[list[int]]:
    return st.sets(st.integers(0, length), max_size=15).map(lambda places: sorted({*places, length}))


def test_a_text_that_grows_is_shown_as_one_that_is_whole(chat: ChatPage) -> None:
    chat.open()

    @SEEDED
    @given(texts_of(PIECES))
    @example(("1. one\n\n2. two", [9, 14]))
    @example(("text\n#no heading", [6, 16]))
    @example(("text\na | b\n--|--no table", [16, 24]))
    def shows(text: tuple[str, list[int]]) -> None:
        assert chat.page.evaluate(GROW, text) == [[], True]

    shows()


def test_in_the_end_any_text_is_shown_as_if_it_had_not_grown(chat: ChatPage) -> None:
    chat.open()

    @SEEDED
    @given(texts_of([*PIECES, *FAR_REACHING]))
    def shows(text: tuple[str, list[int]]) -> None:
        assert chat.page.evaluate(GROW, text)[1]

    shows()


TEXTS = {
    "of all kinds": "A sentence with *some* **Markdown** and `code`.\n\n- one\n- two\n\n```\ndo(each)\n```\n\n" * 180,
    "one paragraph": "words that go *on* and on\n" * 600,
    "one list": "".join(f"{number}. **Step** {number}\n    - look\n    - go on\n" for number in range(1, 400)),
    "one table": "| name | value |\n|---|---|\n" + "| some *text* | `code` |\n" * 640,
    "one block of code": "```python\n" + "def f(x):\n    return x + 1\n" * 620 + "```\n",
}
OPEN, ADDED = 8_000, 128  # characters: the longest block that is parsed for each frame, and what each frame adds
PARSED = """
    async ([text, size]) => {
        const { Lexer } = await import('/web/vendor/marked.js');
        const { TextView } = await import('/web/text.js');
        await (await import('/web/markdown.js')).load();
        const found = { most: 0, all: 0 };
        const { lex } = Lexer.prototype;
        let parsed = 0;
        Lexer.prototype.lex = function (source) {
            parsed += source.length;
            return lex.call(this, source);
        };
        const view = new TextView(true);
        for (let from = 0; from < text.length; from += size) {
            parsed = 0;
            view.append(text.slice(from, from + size));
            view.draw();
            found.most = Math.max(found.most, parsed);
            found.all += parsed;
        }
        parsed = 0;
        await view.finish();
        found.end = parsed;
        Lexer.prototype.lex = lex;
        found.isRight = view.element.innerHTML === new TextView(true).show(text).element.innerHTML;
        return found;
    }
"""


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_is_parsed_for_a_frame_does_not_grow_with_the_text(chat: ChatPage, text: str) -> None:
    chat.open()

    def parsed(text: str) -> Any:
        return chat.page.evaluate(PARSED, [text, ADDED])

    half, whole = parsed(text[: len(text) // 2]), parsed(text)

    assert len(text) > 14_000
    closing = 3 * len(text) if text.startswith("```") else 0  # a block of code is parsed when it is closed
    assert whole["most"] <= max(closing, 2 * (OPEN + ADDED))
    assert whole["all"] <= 2.5 * half["all"] + closing
    assert whole["end"] <= len(text) + 2 * OPEN
    assert half["isRight"]
    assert whole["isRight"]
