"""The routes of the chat page, on fakes."""

import re
from pathlib import Path

import pytest

from tests.support.fakes.application import FakeWorld
from tests.support.fakes.service import service_on

FILES = Path(__file__).parents[4] / "entrypoints" / "web" / "files"


async def test_the_page_is_served_where_the_setting_says_so() -> None:
    async with service_on(FakeWorld(), chat_page=True) as client:
        del client.headers["Authorization"]
        page = await client.get("/")
        head = await client.head("/")

    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (head.status_code, head.headers["etag"]) == (200, page.headers["etag"])
    assert "{" not in page.text


async def test_the_page_is_not_there_otherwise() -> None:
    async with service_on(FakeWorld()) as client:
        answers = [await client.get(path) for path in ("/", "/web/style.css")]

    assert [answer.status_code for answer in answers] == [404, 404]


async def test_the_page_may_run_its_own_scripts_alone() -> None:
    async with service_on(FakeWorld(), chat_page=True) as client:
        policy = (await client.get("/")).headers["content-security-policy"]

    allowed = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert allowed["default-src"] == "'none'"
    assert {allowed[kind] for kind in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert {allowed[kind] for kind in ("base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert allowed["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in policy


async def test_each_file_is_served_under_its_own_path_alone() -> None:
    paths = sorted(str(path.relative_to(FILES)) for path in FILES.rglob("*") if path.suffix in {".css", ".js", ".svg"})

    async with service_on(FakeWorld(), chat_page=True) as client:
        del client.headers["Authorization"]
        found = {path: await client.get(f"/web/{path}") for path in paths}
        again = {
            path: await client.get(f"/web/{path}", headers={"If-None-Match": found[path].headers["etag"]})
            for path in paths
        }
        others = [
            await client.get(other)
            for other in (
                "/web",
                "/web/",
                "/index.html",
                "/web/index.html",
                "/web/routes.py",
                "/web//style.css",
                "/web/%73tyle.css",
            )
        ]

    assert len(paths) > 0
    assert {path: answer.content for path, answer in found.items()} == {
        path: (FILES / path).read_bytes() for path in paths
    }
    assert {answer.status_code for answer in again.values()} == {304}
    assert {answer.status_code for answer in others} == {404}


async def test_all_that_the_page_names_is_there() -> None:
    page = (FILES / "index.html").read_text()
    named = set(re.findall(r'(?:href|src)="(/[^"]+)"', page))

    async with service_on(FakeWorld(), chat_page=True) as client:
        statuses = {path: (await client.get(path)).status_code for path in named}

    assert statuses
    assert set(statuses.values()) == {200}
    assert re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page) == []


def test_the_page_asks_for_all_of_its_modules_at_once() -> None:
    page = (FILES / "index.html").read_text()

    named = re.findall(r'(?:src|modulepreload" href)="/web/([\w-]+\.js)"', page)

    assert sorted(named) == sorted(path.name for path in FILES.glob("*.js"))


@pytest.mark.parametrize("url", ['/sign-in?next="><script>', "https://app.test/?a=1&b=<x>"])
async def test_where_to_sign_in_is_text_to_the_page(url: str) -> None:
    async with service_on(FakeWorld(), chat_page=True, sign_in_url=url) as client:
        page = await client.get("/")

    assert url not in page.text
    assert "app.test/?a=1&amp;b=&lt;x&gt;" in page.text or "/sign-in?next=&quot;&gt;&lt;script&gt;" in page.text
