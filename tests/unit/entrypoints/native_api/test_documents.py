"""The page that shows the API, on fakes."""

import re
from pathlib import Path

from tests.support.fakes.application import FakeWorld
from tests.support.fakes.service import service_on

FILES = Path(__file__).parents[4] / "entrypoints" / "native_api" / "files"


async def test_the_page_may_run_its_own_scripts_alone() -> None:
    async with service_on(FakeWorld()) as client:
        policy = (await client.get("/docs")).headers["content-security-policy"]

    allowed = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert allowed["default-src"] == "'none'"
    assert {allowed[kind] for kind in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert {allowed[kind] for kind in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert re.search("unsafe|http", policy) is None


def test_the_page_names_no_other_host_and_has_no_script_within() -> None:
    page = (FILES / "docs.html").read_text()

    assert re.findall(r"https?:|//\w", page) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page) == []


async def test_all_that_the_page_names_is_served_to_everybody() -> None:
    named = re.findall(r'(?:href|src)="(/[^"]+)"', (FILES / "docs.html").read_text())

    async with service_on(FakeWorld()) as client:
        del client.headers["Authorization"]
        found = {path: await client.get(path) for path in ["/docs", *named]}

    assert len(found) == 6
    assert {answer.status_code for answer in found.values()} == {200}
    assert {path: answer.headers["content-type"].partition(";")[0] for path, answer in found.items()} == {
        "/docs": "text/html",
        "/docs/docs.css": "text/css",
        "/docs/docs.js": "text/javascript",
        "/docs/swagger-ui.js": "text/javascript",
        "/docs/swagger-ui.css": "text/css",
        "/openapi.json": "application/json",
    }


async def test_the_library_is_sent_compressed_and_once() -> None:
    path = "/docs/swagger-ui.js"

    async with service_on(FakeWorld()) as client:
        first = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})

    assert first.content == (FILES / "vendor" / "swagger-ui.js").read_bytes()
    assert int(first.headers["content-length"]) < 480 * 1024 < len(first.content)
    assert (again.status_code, again.content) == (304, b"")


async def test_what_else_is_in_the_folder_is_not_served() -> None:
    others = ("/docs/docs.html", "/docs/vendored.json", "/docs/vendor/vendored.json", "/docs/", "/docs/LICENSE")

    async with service_on(FakeWorld()) as client:
        statuses = [(await client.get(path)).status_code for path in others]

    assert set(statuses) == {404}
