"""Commands that clean up or check: ``purge-orphans``, ``purge-keys`` and ``fsck``."""

import asyncio
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import click

from domain.consistency import Finding
from domain.identifiers import OwnerId, format_conversation_id
from domain.maintenance import Holdings
from entrypoints.cli.exit_codes import ExitCode
from entrypoints.cli.options import BATCH_SIZE, largest_share_of
from entrypoints.cli.progress import QUIET, shown
from entrypoints.cli.results import JSON, tell
from entrypoints.settings import Settings


@click.command
@click.option("--delete", is_flag=True, help="Delete it; without this, nothing is changed.")
@largest_share_of("owners")
@click.option("--verbose", is_flag=True, help="Name each owner.")
@BATCH_SIZE
@QUIET
@JSON
def purge_orphans(
    largest_share: int, batch_size: int, *, delete: bool, verbose: bool, quiet: bool, as_json: bool
) -> None:
    """Count what is left of users who are gone, or delete it."""
    from entrypoints.container import jobs

    def report(owner_id: OwnerId, holdings: Holdings) -> None:
        if verbose:
            tell({"owner_id": owner_id, **asdict(holdings)}, f"{owner_id}: {_counts(holdings)}", as_json=as_json)

    with shown("purge-orphans", quiet=quiet) as progress:
        purge = jobs.purge_orphans(
            Settings.read(),
            delete=delete,
            batch_size=batch_size,
            largest_share=largest_share,
            report=report,
            progress=progress,
        )
        totals = asyncio.run(purge)
    done = "deleted" if delete else "nothing was deleted, --delete does it"
    tell(
        {"owners": totals.owners, **asdict(totals.holdings), "deleted": delete},
        f"{totals.owners} owner(s) without a user, {_counts(totals.holdings)}: {done}",
        as_json=as_json,
    )


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
@QUIET
@JSON
def purge_keys(older_than: int, batch_size: int, *, quiet: bool, as_json: bool) -> None:
    """Delete old idempotency keys."""
    from entrypoints.container import jobs

    age = timedelta(hours=older_than)
    with shown("purge-keys", quiet=quiet) as progress:
        purge = jobs.purge_keys(Settings.read(), older_than=age, batch_size=batch_size, progress=progress)
        count = asyncio.run(purge)
    tell({"idempotency_keys": count}, f"{count} idempotency key(s) deleted", as_json=as_json)


@click.command
@QUIET
@JSON
def fsck(*, quiet: bool, as_json: bool) -> int:
    """Check what is kept for damage, and change nothing; exit code 3 if any."""
    from entrypoints.container import jobs

    def report(finding: Finding) -> None:
        tell(_as_json(finding), _as_line(finding), as_json=as_json)

    with shown("fsck", quiet=quiet) as progress:
        totals = asyncio.run(jobs.check_consistency(Settings.read(), report, progress))
    looked_at = f"{totals.owners} owners, {totals.conversations} conversations, {totals.messages} messages"
    tell(asdict(totals), f"checked {looked_at}: {totals.findings} finding(s)", as_json=as_json)
    return ExitCode.FINDINGS if totals.findings else ExitCode.DONE


def _as_line(finding: Finding) -> str:
    """One line, whatever the owner's id is made of."""
    where = "" if finding.conversation_id is None else f" {format_conversation_id(finding.conversation_id)}"
    numbers = " ".join(f"{name}={number}" for name, number in finding.numbers.items())
    return f"{finding.kind} owner={finding.owner_id!a}{where} {numbers}"


def _as_json(finding: Finding) -> dict[str, Any]:
    where = None if finding.conversation_id is None else format_conversation_id(finding.conversation_id)
    return {
        "kind": finding.kind,
        "owner_id": finding.owner_id,
        "conversation_id": where,
        "numbers": dict(finding.numbers),
    }
