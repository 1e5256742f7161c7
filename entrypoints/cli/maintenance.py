"""Commands that clean up or check: ``purge-orphans``, ``purge-keys`` and ``fsck``."""

import asyncio
from datetime import timedelta

import click

from domain.consistency import Finding
from domain.identifiers import OwnerId, format_conversation_id
from domain.maintenance import Holdings
from entrypoints.cli.exit_codes import ExitCode
from entrypoints.cli.options import BATCH_SIZE
from entrypoints.settings import Settings


@click.command
@click.option("--delete", is_flag=True, help="Delete it; without this, nothing is changed.")
@click.option(
    "--largest-share",
    default=50,
    show_default=True,
    type=click.IntRange(0, 100),
    metavar="PERCENT",
    help="Delete nothing if more of all owners than this have no user.",
)
@click.option("--verbose", is_flag=True, help="Name each owner.")
@BATCH_SIZE
def purge_orphans(largest_share: int, batch_size: int, *, delete: bool, verbose: bool) -> None:
    """Count what is left of users who are gone, or delete it."""
    from entrypoints.container import jobs

    def report(owner_id: OwnerId, holdings: Holdings) -> None:
        if verbose:
            click.echo(f"{owner_id}: {_counts(holdings)}")  # at once: however the job ends, this is known to be done

    purge = jobs.purge_orphans(
        Settings.read(), delete=delete, batch_size=batch_size, largest_share=largest_share, report=report
    )
    totals = asyncio.run(purge)
    done = "deleted" if delete else "nothing was deleted, --delete does it"
    click.echo(f"{totals.owners} owner(s) without a user, {_counts(totals.holdings)}: {done}")


def _counts(holdings: Holdings) -> str:
    return f"{holdings.conversations} conversation(s), {holdings.messages} message(s)"


@click.command
@click.option(
    "--older-than",
    default=48,
    show_default=True,
    type=click.IntRange(24, 100_000),
    metavar="HOURS",
    help="Their age in hours.",
)
@BATCH_SIZE
def purge_keys(older_than: int, batch_size: int) -> None:
    """Delete old idempotency keys."""
    from entrypoints.container import jobs

    age = timedelta(hours=older_than)
    count = asyncio.run(jobs.purge_keys(Settings.read(), older_than=age, batch_size=batch_size))
    click.echo(f"{count} idempotency key(s) deleted")


@click.command
def fsck() -> int:
    """Check what is kept for damage, and change nothing; exit code 3 if any."""
    from entrypoints.container import jobs

    totals = asyncio.run(jobs.check_consistency(Settings.read(), _print_finding))
    looked_at = f"{totals.owners} owners, {totals.conversations} conversations, {totals.messages} messages"
    click.echo(f"checked {looked_at}: {totals.findings} finding(s)")
    return ExitCode.FINDINGS if totals.findings else ExitCode.DONE


def _print_finding(finding: Finding) -> None:
    """One line, whatever the owner's id is made of."""
    where = "" if finding.conversation_id is None else f" {format_conversation_id(finding.conversation_id)}"
    numbers = " ".join(f"{name}={number}" for name, number in finding.numbers.items())
    click.echo(f"{finding.kind} owner={finding.owner_id!a}{where} {numbers}")
