"""The command that ends what RETENTION_DAYS lets expire: ``purge-expired``."""

import asyncio
from dataclasses import asdict

import click

from entrypoints.cli.options import BATCH_SIZE, largest_share_of
from entrypoints.cli.progress import QUIET, shown
from entrypoints.cli.results import JSON, tell
from entrypoints.settings import Settings


@click.command
@click.option("--dry-run", is_flag=True, help="Count them, and change nothing.")
@largest_share_of("conversations")
@BATCH_SIZE
@QUIET
@JSON
def purge_expired(largest_share: int, batch_size: int, *, dry_run: bool, quiet: bool, as_json: bool) -> None:
    """Delete conversations without activity for RETENTION_DAYS."""
    from entrypoints.container import jobs

    settings = Settings.read()
    with shown("purge-expired", quiet=quiet) as progress:
        purge = jobs.purge_expired(
            settings, delete=not dry_run, batch_size=batch_size, largest_share=largest_share, progress=progress
        )
        purged = asyncio.run(purge)
    done = "nothing was deleted, as this is a dry run" if dry_run else "deleted"
    tell(
        {**asdict(purged), "deleted": not dry_run},
        f"{purged.conversations} conversation(s), {purged.messages} message(s) without activity "
        f"for {settings.retention_days} day(s): {done}",
        as_json=as_json,
    )
