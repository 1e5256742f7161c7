"""The API's documentation is drawn without any other host, and its calls can be tried."""

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page

from entrypoints.native_api.openapi import make_document
from tests.support.browser.complaints import Complaints


def test_every_operation_is_drawn_from_the_service_alone(page: Page, service: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{service}/docs")
    page.wait_for_selector(".opblock")

    operations = [(method, path) for path, item in make_document()["paths"].items() for method in item]
    drawn = page.eval_on_selector_all(
        ".opblock-summary",
        """operations => operations.map(one => [
            one.querySelector(".opblock-summary-method").textContent.toLowerCase(),
            one.querySelector("[data-path]").dataset.path,
        ])""",
    )
    assert sorted(map(tuple, drawn)) == sorted(operations)
    assert page.inner_text(".info .version-stamp .version") == "OAS 3.1"
    assert {urlsplit(url).netloc for url in asked if not url.startswith("data:")} == {urlsplit(service).netloc}


def test_a_link_with_a_token_opens_it_signed_in(page: Page, service: str, new_token: Callable[[], str]) -> None:
    token = new_token()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))

    page.goto(f"{service}/docs#token={token}")
    answer = _try(_operation(page, "/api/chat"))

    assert "Echo: Plan a trip to Rome" in answer
    assert not any(token in url for url in [page.url, *asked])
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_another_token_can_be_typed(
    page: Page, service: str, new_token: Callable[[], str], complaints: Complaints
) -> None:
    complaints.expect("401")
    page.goto(f"{service}/docs#token=100%")
    operation = _operation(page, "/api/me")

    refused = _try(operation)
    page.click("button.authorize")
    page.get_by_role("button", name="Remove authorization").click()
    page.fill("#auth-bearer-value", new_token())
    page.click(".auth-container:has(#auth-bearer-value) [type=submit]")
    page.click(".btn-done >> nth=0")
    operation.locator(".execute").click()
    operation.locator(".live-responses-table").get_by_text('"user_id"').wait_for()

    assert '"unauthenticated"' in refused


def _operation(page: Page, path: str) -> Locator:
    return page.locator(".opblock", has=page.locator(f'[data-path="{path}"]'))


def _try(operation: Locator) -> str:
    """Try a call with what the page proposes; the answer that it shows."""
    operation.locator(".opblock-summary").click()
    operation.locator(".try-out__btn").click()
    operation.locator(".execute").click()
    return operation.locator(".live-responses-table .response").inner_text()
