"""Completion: the script with which a shell completes our commands."""

from typing import Final

import click
from click.shell_completion import get_completion_class


def _print_script(ctx: click.Context, _: click.Parameter, shell: str | None) -> None:
    if shell is None or ctx.resilient_parsing:
        return
    completion = get_completion_class(shell)
    if completion is None:
        raise click.BadParameter("there is no completion for this shell.")
    name = ctx.command_path
    variable = f"_{name}_COMPLETE".replace("-", "_").upper()
    click.echo(completion(ctx.command, {}, name, variable).source())
    ctx.exit()


COMPLETION: Final = click.option(
    "--completion",
    type=click.Choice(["bash", "fish", "zsh"]),
    is_eager=True,
    expose_value=False,
    callback=_print_script,
    help="Print the script that completes commands in this shell.",
)
