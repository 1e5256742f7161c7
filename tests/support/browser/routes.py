"""Requests of a page that a test answers itself."""

from collections.abc import Callable

from playwright.sync_api import Page, Route


def answer_next(page: Page, path: str, answer: Callable[[Route], object], times: int = 1) -> None:
    """Let the test answer the next requests for a path; those after them reach the service.

    Playwright's own `times` ends with the browser no longer asking, and what the browser holds just then, whatever its
    path, is sometimes never answered.
    """
    left = times

    def take(route: Route) -> None:
        nonlocal left
        if left == 0:
            route.continue_()
            return
        left -= 1
        answer(route)

    page.route(path, take)
