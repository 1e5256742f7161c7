"""The example in React, built and served once."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.browser.launching import apart
from tests.support.node_packages import install_packages
from tests.support.react_example import DIRECTORY, build_page, running_example

_HERE = Path(__file__).parent


def pytest_collection_finish(session: pytest.Session) -> None:
    """Install the example's packages before the first test, whose time limit is not made for npm."""
    is_ours = any(item.path.is_relative_to(_HERE) for item in session.items)
    if is_ours and not session.config.option.collectonly:
        install_packages(DIRECTORY)


@pytest.fixture(scope="session")
def example(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The origin of the page."""
    folder = tmp_path_factory.mktemp("page")
    build_page(folder)
    with ExitStack() as stack:
        yield apart(lambda: stack.enter_context(running_example(server_url, folder)))
        apart(stack.close)
