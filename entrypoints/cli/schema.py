"""The command on the schema of the database: ``migrate``."""

import asyncio

import click

from entrypoints.cli.exit_codes import ExitCode
from entrypoints.cli.progress import QUIET, shown
from entrypoints.cli.results import JSON, tell
from entrypoints.settings import Settings


@click.command
@click.option("--check", is_flag=True, help="Change nothing; exit code 3 if the schema is not current.")
@click.option("--sql", is_flag=True, help="Change nothing; print the SQL that would be run.")
@QUIET
@JSON
def migrate(*, check: bool, sql: bool, quiet: bool, as_json: bool) -> int:
    """Bring the schema of the database up to date."""
    from entrypoints.container import operations

    if sql and (check or as_json):
        raise click.UsageError("--sql goes with neither --check nor --json.")
    if check:
        return _check(as_json=as_json)
    if sql:
        click.echo(asyncio.run(operations.script_migration(Settings.read())), nl=False)
        return ExitCode.DONE
    with shown("migrate", quiet=quiet):
        before, after = asyncio.run(operations.migrate(Settings.read()))
    news = f"The schema is at revision {after}, as it was." if before == after else f"Migrated to revision {after}."
    tell({"revision": after, "revision_before": before}, news, as_json=as_json)
    return ExitCode.DONE


def _check(*, as_json: bool) -> int:
    from entrypoints.container import operations

    revision, is_current = asyncio.run(operations.check_schema(Settings.read()))
    at = "it has no revision" if revision is None else f"it is at revision {revision}"
    news = f"is current, at revision {revision}." if is_current else f"is not current: {at}. Run ai-agent migrate."
    tell({"revision": revision, "is_current": is_current}, f"The schema {news}", as_json=as_json)
    return ExitCode.DONE if is_current else ExitCode.FINDINGS
