"""What a page complains of in its console: errors, scripts that failed, what its policy refused."""

import re
from typing import Final

from playwright.sync_api import BrowserContext, ConsoleMessage, WebError

_SHOWN: Final = 300


class Complaints:
    """Complaints of all pages of the contexts that are watched. A test expects those that it provokes."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._expected: list[str] = []

    def watch(self, context: BrowserContext) -> None:
        """Collect the complaints of the pages of this context."""
        context.on("console", self._take_message)
        context.on("weberror", self._take_error)

    def expect(self, pattern: str) -> None:
        """Let complaints pass in which the pattern is found."""
        self._expected.append(pattern)

    @property
    def unexpected(self) -> list[str]:
        """Those that no expected pattern is found in."""
        return [one for one in self._found if not any(re.search(pattern, one) for pattern in self._expected)]

    def _take_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning", "assert"}:
            self._found.append(f"{message.type}: {message.text[:_SHOWN]} ({message.location.get('url')})")

    def _take_error(self, error: WebError) -> None:
        self._found.append(f"uncaught: {error.error.stack or error.error.message}"[:_SHOWN])
