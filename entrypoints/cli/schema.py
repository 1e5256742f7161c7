"""The command on the schema of the database: ``migrate``."""

import asyncio

import click

from entrypoints.cli.exit_codes import ExitCode
from entrypoints.settings import Settings


@click.command
@click.option("--check", is_flag=True, help="Change nothing; exit code 3 if the schema is not current.")
@click.option("--sql", is_flag=True, help="Change nothing; print the SQL that would be run.")
def migrate(*, check: bool, sql: bool) -> int:
    """Bring the schema of the database up to date."""
    from entrypoints.container import operations

    if check and sql:
        raise click.UsageError("--check and --sql exclude each other.")
    if check:
        return _check()
    if sql:
        click.echo(asyncio.run(operations.script_migration(Settings.read())), nl=False)
        return ExitCode.DONE
    before, after = asyncio.run(operations.migrate(Settings.read()))
    click.echo(
        f"The schema is at revision {after}, as it was." if before == after else f"Migrated to revision {after}."
    )
    return ExitCode.DONE


def _check() -> int:
    from entrypoints.container import operations

    revision, is_current = asyncio.run(operations.check_schema(Settings.read()))
    if is_current:
        click.echo(f"The schema is current, at revision {revision}.")
        return ExitCode.DONE
    at = "it has no revision" if revision is None else f"it is at revision {revision}"
    click.echo(f"The schema is not current: {at}. Run ai-agent migrate.")
    return ExitCode.FINDINGS
