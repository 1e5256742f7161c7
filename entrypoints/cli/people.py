"""Commands on the data of one user: ``export``, ``import`` and ``erase``."""

import asyncio
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import click

from application.progress import Progress, ReportProgress
from domain.identifiers import OwnerId
from entrypoints.cli.exit_codes import ExitCode
from entrypoints.cli.options import BATCH_SIZE, USER
from entrypoints.cli.progress import QUIET, shown
from entrypoints.cli.results import JSON, tell
from entrypoints.settings import Settings


@click.command
@USER
@QUIET
def export(owner_id: OwnerId, *, quiet: bool) -> None:
    """Print everything of one user, as NDJSON."""
    from entrypoints.container import jobs, operations
    from entrypoints.interchange.standard_output import StandardOutput
    from entrypoints.interchange.writing import ExportWriter

    lines, output = ExportWriter(), StandardOutput()
    try:
        output.write(lines.first(owner_id))
        with shown("export", quiet=quiet or sys.stdout.isatty()) as progress:
            asyncio.run(
                jobs.export_owner(Settings.read(), owner_id, lambda entry: output.write(lines.entry(entry)), progress)
            )
        output.write(lines.last())
        output.flush()
    except OSError as error:
        raise operations.OperationError(f"The export is not complete: {error.strerror}") from error
    if not quiet:
        click.echo(f"{lines.conversations} conversation(s), {lines.messages} message(s) exported", err=True)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path), help="What ai-agent export printed; /dev/stdin reads a pipe.")
@click.option("--chatgpt", is_flag=True, help="The file is a conversations.json that ChatGPT exported.")
@click.option("--new-ids", is_flag=True, help="Give the conversations new ids, the same ones at each run.")
@USER
@QUIET
@JSON
def import_(file: Path, owner_id: OwnerId, *, chatgpt: bool, new_ids: bool, quiet: bool, as_json: bool) -> None:
    """Read an export, for one user; all of it or nothing."""
    from entrypoints.container import jobs, operations
    from entrypoints.interchange.chatgpt import ChatGptReader
    from entrypoints.interchange.reading import ExportReader

    try:
        with file.open("rb") as opened, shown("import", quiet=quiet) as progress:
            reader: ExportReader | ChatGptReader = (
                ChatGptReader(opened, owner_id) if chatgpt else ExportReader(opened, owner_id if new_ids else None)
            )
            entries = _counted(reader, opened, progress)
            totals = asyncio.run(jobs.import_conversations(Settings.read(), owner_id, entries, lambda: reader.place))
    except OSError as error:
        raise operations.OperationError(f"Nothing was imported: {error.strerror}: {file}") from error
    done = f"{totals.conversations} conversation(s), {totals.messages} message(s) imported"
    tell(asdict(totals), f"{done}; {totals.skipped} conversation(s) were there already", as_json=as_json)


def _counted[Entry](entries: Iterable[Entry], file: BinaryIO, progress: ReportProgress) -> Iterator[Entry]:
    """The entries of a file. How many there are is estimated by how much of the file is read."""
    size = os.fstat(file.fileno()).st_size
    for rows, entry in enumerate(entries, 1):
        yield entry
        progress(Progress(rows=rows, all_rows=rows * size // file.tell() if size else None))


@click.command
@USER
@BATCH_SIZE
@QUIET
@JSON
def erase(owner_id: OwnerId, batch_size: int, *, quiet: bool, as_json: bool) -> int:
    """Delete everything of one user; exit code 3 if something is left."""
    from entrypoints.container import jobs

    with shown("erase", quiet=quiet) as progress:
        erasure = asyncio.run(jobs.erase_owner(Settings.read(), owner_id, batch_size=batch_size, progress=progress))
    deleted, left = asdict(erasure.deleted), asdict(erasure.left)
    outcome = "nothing is left" if erasure.is_complete else "something is left, so the erasure is not complete"
    lines = [f"{table}: {count} deleted, {left[table]} left" for table, count in deleted.items()]
    tell(
        {"user_id": owner_id, "deleted": deleted, "left": left},
        "\n".join([*lines, f"{owner_id}: {outcome}"]),
        as_json=as_json,
    )
    return ExitCode.DONE if erasure.is_complete else ExitCode.FINDINGS
