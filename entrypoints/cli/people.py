"""Commands on the data of one user: ``export``, ``import`` and ``erase``."""

import argparse
import asyncio
import sys
from dataclasses import asdict
from pathlib import Path

from entrypoints.cli.arguments import Commands, add_batch_size, add_user
from entrypoints.container import jobs, operations
from entrypoints.interchange.chatgpt import ChatGptReader
from entrypoints.interchange.reading import ExportReader
from entrypoints.interchange.standard_output import StandardOutput
from entrypoints.interchange.writing import ExportWriter
from entrypoints.settings import Settings


def add_commands(commands: Commands) -> None:
    """Add the commands of this group."""
    export = commands.add_parser("export", help="print everything of one user, as NDJSON")
    export.set_defaults(run=_export)
    imports = commands.add_parser("import", help="read an export, for one user; all of it or nothing")
    imports.set_defaults(run=_import)
    imports.add_argument("file", type=Path, help="what ai-agent export printed; /dev/stdin reads a pipe")
    imports.add_argument(
        "--chatgpt", action="store_true", help="the file is a conversations.json that ChatGPT exported"
    )
    imports.add_argument(
        "--new-ids", action="store_true", help="give the conversations new ids, the same ones at each run"
    )
    erase = commands.add_parser("erase", help="delete everything of one user; exit code 2 if something is left")
    erase.set_defaults(run=_erase)
    for command in (export, imports, erase):
        add_user(command)
    add_batch_size(erase)


def _export(options: argparse.Namespace) -> None:
    lines, output = ExportWriter(), StandardOutput()
    try:
        output.write(lines.first(options.user))
        asyncio.run(jobs.export_owner(Settings.read(), options.user, lambda entry: output.write(lines.entry(entry))))
        output.write(lines.last())
        output.flush()
    except OSError as error:
        raise operations.OperationError(f"The export is not complete: {error.strerror}") from error
    sys.stderr.write(f"{lines.conversations} conversation(s), {lines.messages} message(s) exported\n")


def _import(options: argparse.Namespace) -> None:
    try:
        with options.file.open("rb") as file:
            reader: ExportReader | ChatGptReader = (
                ChatGptReader(file, options.user)
                if options.chatgpt
                else ExportReader(file, options.user if options.new_ids else None)
            )
            job = jobs.import_conversations(Settings.read(), options.user, reader, lambda: reader.place)
            totals = asyncio.run(job)
    except OSError as error:
        raise operations.OperationError(f"Nothing was imported: {error.strerror}: {options.file}") from error
    done = f"{totals.conversations} conversation(s), {totals.messages} message(s) imported"
    sys.stdout.write(f"{done}; {totals.skipped} conversation(s) were there already\n")


def _erase(options: argparse.Namespace) -> int:
    erasure = asyncio.run(jobs.erase_owner(Settings.read(), options.user, batch_size=options.batch_size))
    deleted, left = asdict(erasure.deleted), asdict(erasure.left)
    for table, count in deleted.items():
        sys.stdout.write(f"{table}: {count} deleted, {left[table]} left\n")
    outcome = "nothing is left" if erasure.is_complete else "something is left, so the erasure is not complete"
    sys.stdout.write(f"{options.user}: {outcome}\n")
    return 0 if erasure.is_complete else 2
