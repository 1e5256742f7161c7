"""The browser of the tests draws text, reaches nobody else, and tells what a page complains of."""

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Error, Page

from tests.support.browser.complaints import Complaints


def test_text_is_drawn(page: Page) -> None:
    page.set_content("<h1>Hello</h1><i>to you</i>")

    assert page.inner_text("h1") == "Hello"
    assert page.evaluate("document.querySelector('i').getBoundingClientRect().width") > 20


def test_no_other_host_is_reached(page: Page) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto("https://example.com/")


@pytest.mark.parametrize(
    ("script", "event", "complaint"),
    [
        ("console.error('it is broken')", "console", "it is broken"),
        ("setTimeout(() => { throw new Error('thrown late'); })", "weberror", "thrown late"),
        ("Promise.reject(new Error('nobody cares'))", "weberror", "nobody cares"),
        ("new Image().src = 'https://example.com/picture.png'", "console", "picture.png"),
    ],
)
def test_what_a_page_complains_of_is_noticed(
    page: Page, complaints: Complaints, script: str, event: Literal["console", "weberror"], complaint: str
) -> None:
    page.set_content("<p>A page")

    with page.context.expect_event(event):
        page.evaluate(f"() => {{ {script} }}")

    assert any(complaint in one for one in complaints.unexpected), complaints.unexpected
    complaints.expect(complaint)
    assert complaints.unexpected == []


def test_people_sign_in_while_the_browser_runs(page: Page, new_token: Callable[[], str]) -> None:
    page.set_content("<p>A page")

    assert new_token() != new_token()
