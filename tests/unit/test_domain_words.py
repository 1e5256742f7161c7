"""The domain and the application speak of no transport: the agent runtime calls them in its own process."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORDS = re.compile(
    "cookie|header|bearer|http|status.?code|idempotency-key|if-match|etag|authorization|endpoint|browser|user.?agent"
    r"|(?<![a-z])(?:url|origin|route|query|cors)(?![a-z])|\b(?:4[0-2][0-9]|50[0-9])\b",
    re.IGNORECASE,
)
EXCEPTIONS = {
    "domain/content.py": {"url"},  # an image's, in a content part of Chat Completions
    "domain/response_parts.py": {"url"},  # as above
    "domain/roles.py": {"url"},  # as above
}


def words_in(text: str) -> set[str]:
    return {word.lower() for word in WORDS.findall(text)}


def test_domain_and_application_know_no_word_of_http() -> None:
    modules = [path for package in ("domain", "application") for path in (ROOT / package).rglob("*.py")]
    found = {str(path.relative_to(ROOT)): words for path in modules if (words := words_in(path.read_text()))}

    assert len(modules) > 30
    assert found == EXCEPTIONS


@pytest.mark.parametrize(
    "text", ["OTHER_COOKIE", "CookieKind", '"Idempotency-Key"', "base_url", "a status code", "422"]
)
def test_a_word_of_http_would_be_noticed(text: str) -> None:
    assert words_in(text)


def test_words_that_only_look_like_one_pass() -> None:
    assert words_in("original, routed, curl, RFC 7396, 200 characters") == set()
