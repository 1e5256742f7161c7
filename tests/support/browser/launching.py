"""Starts the browser, and calls what its driver would be in the way of."""

import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from playwright.sync_api import Browser, sync_playwright

from tests.support.browser.chromium import Chromium

# No test reaches another host, whatever a page asks for.
_ARGUMENTS: Final = ("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",)


@contextmanager
def launched(chromium: Chromium) -> Iterator[Browser]:
    """The browser, as long as the context lasts."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium.executable, env={**chromium.environment}, args=list(_ARGUMENTS)
        )
        try:
            yield browser
        finally:
            browser.close()


def apart[Result](function: Callable[[], Result]) -> Result:
    """Call a function in a thread of its own: the browser's driver has an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(contextvars.copy_context().run, function).result()
