"""The configuration in force, and what looks like a part of it."""

from pathlib import Path
from typing import Any

import pytest

from entrypoints.configuration import Setting, in_force, warnings
from entrypoints.settings import SECRET_VARIABLES, VARIABLES, Settings

URL = "postgresql://ann:secret@db.test/chat"


def test_each_setting_has_its_value_and_its_source_and_secrets_are_masked(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("s" * 40)
    environment = {"DATABASE_URL": URL, "DATABASE_POOL_SIZE": "3", "BETTER_AUTH_SECRET_FILE": str(file)}

    settings = in_force(Settings.read(environment), environment)

    assert [setting.name for setting in settings] == list(VARIABLES)
    by_name = {setting.name: (setting.value, setting.source) for setting in settings}
    assert by_name["DATABASE_URL"] == ("***", "environment")
    assert by_name["BETTER_AUTH_SECRET"] == ("***", f"file {file}")
    assert by_name["AUTH_SECRET"] == (None, "default")
    assert by_name["DATABASE_POOL_SIZE"] == (3, "environment")
    assert by_name["REQUEST_TIMEOUT"] == (10.0, "default")


def test_a_mask_does_not_tell_how_long_a_secret_is() -> None:
    environment = dict.fromkeys(SECRET_VARIABLES, "s") | {"DATABASE_URL": URL}

    settings = in_force(Settings.read(environment), environment)

    assert {setting.value for setting in settings if setting.name in SECRET_VARIABLES} == {"***"}


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (None, "NAME=  # default"),
        (True, "NAME=true  # default"),
        (10.0, "NAME=10  # default"),
        (0.25, "NAME=0.25  # default"),
        (1000, "NAME=1000  # default"),
        ("https://app.test, https://b.test", "NAME=https://app.test, https://b.test  # default"),
        ("a\nb", "NAME='a\\nb'  # default"),
    ],
)
def test_a_setting_is_one_line(value: Any, line: str) -> None:
    assert str(Setting(name="NAME", value=value, source="default")) == line


def test_a_misspelling_is_warned_of_without_its_value() -> None:
    assert warnings({"DATABASE_URL": URL, "AUTH_SECRETT": "secret"}) == [
        "AUTH_SECRETT is not a setting and is not read: do you mean AUTH_SECRET?"
    ]
