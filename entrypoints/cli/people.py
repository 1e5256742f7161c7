"""Commands on the data of one user: ``export``, ``import`` and ``erase``."""

import asyncio
from dataclasses import asdict
from pathlib import Path

import click

from domain.identifiers import OwnerId
from entrypoints.cli.exit_codes import ExitCode
from entrypoints.cli.options import BATCH_SIZE, USER
from entrypoints.settings import Settings


@click.command
@USER
def export(owner_id: OwnerId) -> None:
    """Print everything of one user, as NDJSON."""
    from entrypoints.container import jobs, operations
    from entrypoints.interchange.standard_output import StandardOutput
    from entrypoints.interchange.writing import ExportWriter

    lines, output = ExportWriter(), StandardOutput()
    try:
        output.write(lines.first(owner_id))
        asyncio.run(jobs.export_owner(Settings.read(), owner_id, lambda entry: output.write(lines.entry(entry))))
        output.write(lines.last())
        output.flush()
    except OSError as error:
        raise operations.OperationError(f"The export is not complete: {error.strerror}") from error
    click.echo(f"{lines.conversations} conversation(s), {lines.messages} message(s) exported", err=True)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path), help="What ai-agent export printed; /dev/stdin reads a pipe.")
@click.option("--chatgpt", is_flag=True, help="The file is a conversations.json that ChatGPT exported.")
@click.option("--new-ids", is_flag=True, help="Give the conversations new ids, the same ones at each run.")
@USER
def import_(file: Path, owner_id: OwnerId, *, chatgpt: bool, new_ids: bool) -> None:
    """Read an export, for one user; all of it or nothing."""
    from entrypoints.container import jobs, operations
    from entrypoints.interchange.chatgpt import ChatGptReader
    from entrypoints.interchange.reading import ExportReader

    try:
        with file.open("rb") as opened:
            reader: ExportReader | ChatGptReader = (
                ChatGptReader(opened, owner_id) if chatgpt else ExportReader(opened, owner_id if new_ids else None)
            )
            job = jobs.import_conversations(Settings.read(), owner_id, reader, lambda: reader.place)
            totals = asyncio.run(job)
    except OSError as error:
        raise operations.OperationError(f"Nothing was imported: {error.strerror}: {file}") from error
    done = f"{totals.conversations} conversation(s), {totals.messages} message(s) imported"
    click.echo(f"{done}; {totals.skipped} conversation(s) were there already")


@click.command
@USER
@BATCH_SIZE
def erase(owner_id: OwnerId, batch_size: int) -> int:
    """Delete everything of one user; exit code 3 if something is left."""
    from entrypoints.container import jobs

    erasure = asyncio.run(jobs.erase_owner(Settings.read(), owner_id, batch_size=batch_size))
    deleted, left = asdict(erasure.deleted), asdict(erasure.left)
    for table, count in deleted.items():
        click.echo(f"{table}: {count} deleted, {left[table]} left")
    outcome = "nothing is left" if erasure.is_complete else "something is left, so the erasure is not complete"
    click.echo(f"{owner_id}: {outcome}")
    return ExitCode.DONE if erasure.is_complete else ExitCode.FINDINGS
