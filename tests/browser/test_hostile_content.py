"""Hostile content on the chat page does nothing: it runs no script, asks for nothing, and hides nothing."""

import json

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.support.browser.chat_page import ChatPage, turns, write_conversation
from tests.support.browser.complaints import Complaints
from tests.support.word_responder import WordResponder

RUN = "window.ran = true"
SCRIPTS = [
    f"<script>{RUN}</script>",
    f'<img src=x onerror="{RUN}">',
    f'<svg onload="{RUN}"><script>{RUN}</script></svg>',
    f"<svg><style><img src=x onerror={RUN}></style></svg>",
    f'<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror={RUN}&gt;">',
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    f'<a href="javascript:{RUN}" onclick="{RUN}">press</a>',
    f'<details open ontoggle="{RUN}">x</details>',
    f'<form action="javascript:{RUN}"><button>press</button></form>',
    "<style>* { display: none !important }</style>",
    '<base href="https://evil.test/">',
    '<meta http-equiv="refresh" content="0;url=https://evil.test/">',
    "<link rel=stylesheet href=https://evil.test/x.css>",
    f"</div></article></main><script>{RUN}</script>",
    f'<div id="draft">clobbered</div><img name="body"><form id="attributes">{RUN}',
]
LINKS = [
    f"[press](javascript:{RUN})",
    f"[press](JaVaScRiPt&colon;{RUN})",
    f"[press](java\tscript:{RUN})",
    f"[press](&#106;avascript:{RUN})",
    f"[press](data:text/html,<script>{RUN}</script>)",
    f"[press](vbscript:{RUN})",
    f"[press](<javascript:{RUN}>)",
    f"<javascript:{RUN}>",
    f"![press](javascript:{RUN})",
    f"[press]: javascript:{RUN}\n\n[press]",
    f'[press](https://example.com "" onmouseover="{RUN}" x="")',
    f'![" onerror="{RUN}](https://example.com/x.png "\\" onerror=\\"{RUN}")',
    f"```<img src=x onerror={RUN}>\n</code></pre><img src=x onerror={RUN}>\n```",
    f"| <img src=x onerror={RUN}> |\n|---|\n| <script>{RUN}</script> |",
]
HARMLESS = """
    () => {
        const TAGS = /^(iframe|object|embed|base|style|math|form)$/;
        const LINKS = /^[^a-z]*(java|vb)script|^data/i;
        const all = [...document.querySelectorAll('*')];
        const attributes = all.flatMap((one) => [...one.attributes].map(({ name, value }) => [name, value]));
        return {
            ran: window.ran ?? false,
            tags: all.map((one) => one.localName).filter((name) => TAGS.test(name)),
            scripts: document.scripts.length,
            handlers: attributes.filter(([name]) => name.startsWith('on')),
            links: attributes.filter(([name, value]) => name === 'href' && LINKS.test(value)),
        };
    }
"""


@pytest.fixture(autouse=True)
def words(words: WordResponder) -> WordResponder:
    """Answer all tests here."""
    return words


@pytest.fixture(autouse=True)
def asked(page: Page) -> list[str]:
    """Addresses that pages ask for, of other hosts than the service's."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "//127.0.0.1" not in request.url else None)
    return asked


def assert_harmless(page: Page, asked: list[str]) -> None:
    for link in page.locator("article a[href]").all():
        link.hover()
    assert page.evaluate(HARMLESS) == {"ran": False, "tags": ["form"], "scripts": 1, "handlers": [], "links": []}
    assert [url for url in asked if not url.startswith("data:")] == []


@pytest.mark.parametrize("role", ["user", "assistant", "system"])
def test_content_of_any_role_runs_nothing(chat: ChatPage, writer: httpx.Client, asked: list[str], role: str) -> None:
    said = [*SCRIPTS, *LINKS]
    messages = [{"role": "user", "content": "Hello"}, *({"role": role, "content": one} for one in said)]

    chat.open(write_conversation(writer, SCRIPTS[1], messages))
    if role == "assistant":
        expect(chat.page.locator("article.assistant .markdown")).to_have_count(len(said))

    assert_harmless(chat.page, asked)
    shown = "\n".join(text for _, text in chat.said)
    assert all(part in shown for part in ("<script>", "onerror", "</article>", "<base", "<form"))


def test_content_that_is_streamed_runs_nothing(chat: ChatPage, words: WordResponder, asked: list[str]) -> None:
    words.reply_with("\n\n".join([*SCRIPTS, *LINKS]), pieces=11)
    chat.open()

    chat.send("attack")
    expect(chat.page.locator("article.assistant[aria-busy] .markdown")).to_contain_text("<script>")
    assert_harmless(chat.page, asked)
    words.release("attack")
    chat.wait_until_quiet()

    assert_harmless(chat.page, asked)


def test_titles_tools_names_and_files_run_nothing(chat: ChatPage, writer: httpx.Client, asked: list[str]) -> None:
    image = SCRIPTS[1]
    arguments = json.dumps({image: image, "b": [image]})
    call = {"id": image, "type": "function", "function": {"name": image[:60], "arguments": arguments}}
    drawing = f"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{RUN}'/>"
    parts = [
        {"type": "text", "text": image},
        {"type": "image_url", "image_url": {"url": f"javascript:{RUN}"}},
        {"type": "image_url", "image_url": {"url": drawing}},
        {"type": "file", "file": {"filename": image, "file_data": f"data:text/html,<script>{RUN}</script>"}},
    ]
    messages = [
        {"role": "user", "content": parts},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": image, "content": image},
    ]

    chat.open(write_conversation(writer, image, messages))
    chat.page.locator("details summary").click()
    chat.button("Actions for this chat").click()
    chat.button("Delete").click()
    chat.button("Cancel").click()

    expect(chat.page.get_by_role("heading", level=1)).to_have_text(image)
    assert_harmless(chat.page, asked)


def test_text_that_turns_the_reading_direction_turns_nothing_else(chat: ChatPage, writer: httpx.Client) -> None:
    turned = "\u202e\u2066 gpj.exe \u202d\u2067"
    messages = [{"role": "user", "content": turned}, {"role": "assistant", "content": turned}]
    write_conversation(writer, f"{turned} title", messages)
    plain = write_conversation(writer, "Plain", [{"role": "user", "content": "Hello"}])

    chat.open()
    times = [one.bounding_box() for one in chat.page.locator("#list li time").all()]
    title, hello = chat.page.locator("#list li a bdi").all()[0], plain
    chat.show(hello)
    chat.page.locator("#list li a").last.click()
    header = chat.page.locator("article.user > header")
    header.wait_for()

    assert title.inner_text() == "Plain"
    assert len({round(one["x"] + one["width"]) for one in times if one}) == 1
    name, time = header.locator(".who").bounding_box(), header.locator("time").bounding_box()
    assert name
    assert time
    assert name["x"] < time["x"]


@pytest.mark.parametrize("role", ["user", "assistant"])
def test_a_line_of_a_megabyte_does_not_widen_or_stop_the_page(chat: ChatPage, writer: httpx.Client, role: str) -> None:
    line = "w" * 1_000_000
    chat.open(
        write_conversation(writer, "Long", [{"role": "user", "content": "Hello"}, {"role": role, "content": line}])
    )

    in_part = len(chat.said[-1][1])
    chat.page.get_by_role("button", name="Show the rest").click()
    expect(chat.page.get_by_role("button", name="Show the rest")).to_have_count(0)
    whole = chat.page.evaluate("() => [...document.querySelectorAll('article .text')].at(-1).textContent.length")
    chat.send("still here")
    chat.wait_for_reply("still here")

    assert in_part < 20_000
    assert whole == 1_000_000
    assert chat.page.evaluate("() => document.getElementById('scroller').scrollWidth - innerWidth") <= 0


def test_a_thousand_messages_are_read_to_the_first(chat: ChatPage, writer: httpx.Client) -> None:
    chat.open(write_conversation(writer, "Long", turns(1_000)))

    while len(chat.said) < 1_000:
        chat.page.evaluate("() => { document.getElementById('scroller').scrollTop = 0; }")

    assert chat.said == [(one["role"], one["content"]) for one in turns(1_000)]
    chat.button("Go to the newest message").click()
    expect(chat.page.get_by_text("message 999")).to_be_in_viewport()


def test_the_check_finds_what_is_harmful(page: Page) -> None:
    page.set_content(f"{SCRIPTS[1]}{SCRIPTS[5]}{SCRIPTS[6]}")
    page.wait_for_function("() => window.ran")

    found = page.evaluate(HARMLESS)

    assert found["ran"] is True
    assert "iframe" in found["tags"]
    assert {name for name, _ in found["handlers"]} == {"onclick", "onerror"}
    assert [name for name, _ in found["links"]] == ["href"]


@pytest.mark.parametrize(
    "attempt",
    [
        "document.body.innerHTML = '<img src=x onerror=\"window.ran = true\">'",
        "document.body.setAttribute('onclick', 'window.ran = true')",
        "document.body.append(Object.assign(document.createElement('script'), { text: 'window.ran = true' }))",
    ],
)
def test_the_policy_stops_what_would_come_through(
    page: Page, chat: ChatPage, complaints: Complaints, attempt: str
) -> None:
    complaints.expect("This document requires 'Trusted")
    chat.open()

    refused = page.evaluate(f"() => {{ try {{ {attempt}; }} catch (error) {{ return error.name; }} }}")

    assert refused == "TypeError"
    assert page.evaluate("() => window.ran ?? false") is False


def test_the_policy_lets_no_picture_of_another_site_be_asked_for(
    page: Page, chat: ChatPage, complaints: Complaints
) -> None:
    complaints.expect("violates the following Content Security Policy directive")
    chat.open()

    refused_by = page.evaluate("""() => new Promise((resolve) => {
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) => resolve(effectiveDirective));
        new Image().src = 'https://evil.test/x.png';
    })""")

    assert refused_by == "img-src"
