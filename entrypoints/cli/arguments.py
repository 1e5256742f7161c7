"""Types of arguments that several commands take."""

import argparse
from collections.abc import Callable
from typing import Protocol

from domain.errors import RuleViolationError
from domain.identifiers import OwnerId
from domain.principal import Principal


class Commands(Protocol):
    """The commands of a parser."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002 - as argparse has it
        """Add a command."""


def user(text: str) -> OwnerId:
    """A user's id. Raises ArgumentTypeError."""
    try:
        return Principal.agent(on_behalf_of=text).owner_id
    except RuleViolationError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def number(least: int, most: int) -> Callable[[str], int]:
    """A whole number in a range; what it gives raises ArgumentTypeError."""

    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be {least} to {most}")
        return value

    return number


def add_user(command: argparse.ArgumentParser) -> None:
    """Let a command take ``--user``."""
    command.add_argument("--user", required=True, type=user, metavar="ID", help="better-auth's id of the user")


def add_batch_size(command: argparse.ArgumentParser) -> None:
    """Let a command take ``--batch-size``."""
    command.add_argument("--batch-size", default=500, type=number(1, 10_000), help="deleted at a time (%(default)s)")
