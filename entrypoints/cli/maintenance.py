"""Commands that clean up or check: ``purge-orphans``, ``purge-keys`` and ``fsck``."""

import argparse
import asyncio
import sys
from datetime import timedelta

from domain.consistency import Finding
from domain.identifiers import OwnerId, format_conversation_id
from domain.maintenance import Holdings
from entrypoints.cli.arguments import Commands, add_batch_size, number
from entrypoints.container import jobs
from entrypoints.settings import Settings


def add_commands(commands: Commands) -> None:
    """Add the commands of this group."""
    purge = commands.add_parser("purge-orphans", help="count what is left of users who are gone, or delete it")
    purge.set_defaults(run=_purge_orphans)
    purge.add_argument("--delete", action="store_true", help="delete it; without this, nothing is changed")
    purge.add_argument(
        "--largest-share",
        default=50,
        type=number(0, 100),
        metavar="PERCENT",
        help="delete nothing if more of all owners than this have no user (%(default)s)",
    )
    purge.add_argument("--verbose", action="store_true", help="name each owner")
    keys = commands.add_parser("purge-keys", help="delete old idempotency keys")
    keys.set_defaults(run=_purge_keys)
    keys.add_argument(
        "--older-than", default=48, type=number(24, 100_000), metavar="HOURS", help="age in hours (%(default)s)"
    )
    for command in (purge, keys):
        add_batch_size(command)
    fsck = commands.add_parser("fsck", help="check what is kept for damage, and change nothing; exit code 2 if any")
    fsck.set_defaults(run=_fsck)


def _purge_orphans(options: argparse.Namespace) -> None:
    def report(owner_id: OwnerId, holdings: Holdings) -> None:
        if options.verbose:
            sys.stdout.write(f"{owner_id}: {_counts(holdings)}\n")
            sys.stdout.flush()  # however the job ends, it is known with whom it was done

    purge = jobs.purge_orphans(
        Settings.read(),
        delete=options.delete,
        batch_size=options.batch_size,
        largest_share=options.largest_share,
        report=report,
    )
    totals = asyncio.run(purge)
    done = "deleted" if options.delete else "nothing was deleted, --delete does it"
    sys.stdout.write(f"{totals.owners} owner(s) without a user, {_counts(totals.holdings)}: {done}\n")


def _counts(holdings: Holdings) -> str:
    return f"{holdings.conversations} conversation(s), {holdings.messages} message(s)"


def _purge_keys(options: argparse.Namespace) -> None:
    older_than = timedelta(hours=options.older_than)
    count = asyncio.run(jobs.purge_keys(Settings.read(), older_than=older_than, batch_size=options.batch_size))
    sys.stdout.write(f"{count} idempotency key(s) deleted\n")


def _fsck(_: argparse.Namespace) -> int:
    totals = asyncio.run(jobs.check_consistency(Settings.read(), _print_finding))
    looked_at = f"{totals.owners} owners, {totals.conversations} conversations, {totals.messages} messages"
    sys.stdout.write(f"checked {looked_at}: {totals.findings} finding(s)\n")
    return 2 if totals.findings else 0


def _print_finding(finding: Finding) -> None:
    """One line, whatever the owner's id is made of."""
    where = "" if finding.conversation_id is None else f" {format_conversation_id(finding.conversation_id)}"
    numbers = " ".join(f"{name}={number}" for name, number in finding.numbers.items())
    sys.stdout.write(f"{finding.kind} owner={finding.owner_id!a}{where} {numbers}\n")
    sys.stdout.flush()  # however the check ends, it is known what it found
