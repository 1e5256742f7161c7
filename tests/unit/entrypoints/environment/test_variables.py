"""Variables, and the files of secrets that they name."""

import os
from pathlib import Path

import pytest

from entrypoints.environment.variables import InvalidVariableError, Variable, read_variables

NAMES = ("KEY", "SIZE")
SECRETS = ("KEY",)


def test_variables_that_are_set_are_given_by_the_environment() -> None:
    given = read_variables({"SIZE": "3", "KEY": "", "PATH": "/bin"}, NAMES, SECRETS)

    assert given == {"SIZE": Variable(value="3", source="environment")}


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"secret", "secret"),
        (b"secret\n", "secret"),
        (b"secret\r\n", "secret"),
        (b"secret\n\n", "secret\n"),
        (b"secret\r", "secret\r"),
        (b" \xc3\xa9 ", " é "),
    ],
)
def test_a_secret_is_the_text_of_its_file_without_the_newline_at_the_end(
    content: bytes, value: str, tmp_path: Path
) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)

    given = read_variables({"KEY_FILE": str(file)}, NAMES, SECRETS)

    assert given == {"KEY": Variable(value=value, source=f"file {file}")}
    assert value not in repr(given).replace(str(file), "")


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(InvalidVariableError) as raised:
        read_variables({"KEY": os.fsdecode(b"secret \xff")}, NAMES, SECRETS)

    assert str(raised.value) == "KEY must be UTF-8 text"


def test_only_secrets_are_read_from_files(tmp_path: Path) -> None:
    file = tmp_path / "size"
    file.write_text("3")

    assert read_variables({"SIZE_FILE": str(file)}, NAMES, SECRETS) == {}


def test_a_secret_that_is_given_twice_is_refused_with_both_names(tmp_path: Path) -> None:
    with pytest.raises(InvalidVariableError) as raised:
        read_variables({"KEY": "secret", "KEY_FILE": str(tmp_path / "secret")}, NAMES, SECRETS)

    assert str(raised.value) == "KEY and KEY_FILE are both set: unset one of them"


def test_an_empty_variable_and_a_file_are_one_secret(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("secret")

    assert read_variables({"KEY": "", "KEY_FILE": str(file)}, NAMES, SECRETS)["KEY"].value == "secret"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "KEY_FILE must name a file that can be read: No such file or directory"),
        (b"secret \xff", "KEY_FILE must name a file of UTF-8 text"),
        (b"\n", "KEY_FILE names an empty file: write the secret into it"),
        (b"", "KEY_FILE names an empty file: write the secret into it"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_without_its_path_and_content(
    content: bytes | None, says: str, tmp_path: Path
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(InvalidVariableError) as raised:
        read_variables({"KEY_FILE": str(file)}, NAMES, SECRETS)

    assert str(raised.value) == says


def test_a_secret_in_the_place_of_a_path_is_not_repeated() -> None:
    with pytest.raises(InvalidVariableError) as raised:
        read_variables({"KEY_FILE": "secret\0"}, NAMES, SECRETS)

    assert "secret" not in str(raised.value).removeprefix("KEY_FILE")
