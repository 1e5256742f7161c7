"""Options that several commands take."""

from typing import Final

import click

from domain.errors import RuleViolationError
from domain.identifiers import OwnerId
from domain.principal import Principal


def _owner_id(_: click.Context, __: click.Parameter, value: str) -> OwnerId:
    try:
        return Principal.agent(on_behalf_of=value).owner_id
    except RuleViolationError as error:
        raise click.BadParameter(f"{error}.") from error


USER: Final = click.option(
    "--user", "owner_id", required=True, callback=_owner_id, metavar="ID", help="Better-auth's id of the user."
)
LARGEST_SHARE: Final = click.option(
    "--largest-share",
    default=50,
    show_default=True,
    type=click.IntRange(0, 100),
    metavar="PERCENT",
    help="Delete nothing if it would be more of all than this.",
)
BATCH_SIZE: Final = click.option(
    "--batch-size", default=500, show_default=True, type=click.IntRange(1, 10_000), help="Deleted at a time."
)
