"""Options that several commands take."""

from collections.abc import Callable
from typing import Any, Final

import click

from domain.errors import RuleViolationError
from domain.identifiers import OwnerId
from domain.principal import Principal


def largest_share_of(what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option ``--largest-share``, of all that ``what`` names."""
    return click.option(
        "--largest-share",
        default=50,
        show_default=True,
        type=click.IntRange(0, 100),
        metavar="PERCENT",
        help=f"Delete nothing if it would concern more than this share of all {what}.",
    )


def _owner_id(_: click.Context, __: click.Parameter, value: str) -> OwnerId:
    try:
        return Principal.agent(on_behalf_of=value).owner_id
    except RuleViolationError as error:
        raise click.BadParameter(f"{error}.") from error


USER: Final = click.option(
    "--user", "owner_id", required=True, callback=_owner_id, metavar="ID", help="Better-auth's id of the user."
)
BATCH_SIZE: Final = click.option(
    "--batch-size", default=500, show_default=True, type=click.IntRange(1, 10_000), help="Deleted at a time."
)
