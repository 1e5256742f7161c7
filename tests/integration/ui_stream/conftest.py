"""Front ends for the tests."""

from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.node_packages import NodePackagesError, install_packages
from tests.support.ui_message_client import DIRECTORY

_HERE = Path(__file__).parent


def pytest_collection_finish(session: pytest.Session) -> None:
    """Install the client's packages before the first test, whose time limit is not made for npm."""
    is_ours = any(item.path.is_relative_to(_HERE) for item in session.items)
    if is_ours and not session.config.option.collectonly:
        with suppress(NodePackagesError):  # the first front end says it again, in its own test
            install_packages(DIRECTORY)
