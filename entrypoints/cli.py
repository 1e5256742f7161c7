"""The command line: ``ai-agent`` and a command, which is to serve, to migrate, or a job of the operator's."""

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Final

from domain.consistency import Finding
from domain.errors import RuleViolationError
from domain.identifiers import OwnerId, format_conversation_id
from domain.maintenance import Holdings
from domain.principal import Principal
from entrypoints import configuration
from entrypoints.container import jobs, operations
from entrypoints.development import run_development
from entrypoints.interchange.chatgpt import ChatGptReader
from entrypoints.interchange.reading import ExportReader
from entrypoints.interchange.standard_output import StandardOutput
from entrypoints.interchange.writing import ExportWriter
from entrypoints.native_api.openapi import make_document
from entrypoints.server import processes
from entrypoints.server.processes import AddressInUseError
from entrypoints.settings import Settings, SettingsError

_log = logging.getLogger("ai-agent")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code is 0, or 1 after one line that says why not, or 2 if a check found something."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("uvicorn", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    options = _parser().parse_args(arguments)
    for warning in configuration.warnings():
        _log.warning("%s", warning)
    try:
        code = _COMMANDS[options.command](options)
    except (SettingsError, AddressInUseError, operations.OperationError) as error:
        sys.stderr.write(f"ai-agent: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return code or 0


def _serve(options: argparse.Namespace) -> None:
    settings = Settings.read()
    settings.require_authentication()
    with processes.bind(options.host, options.port) as listener:
        for warning in asyncio.run(operations.require_fit_database(settings)):
            _log.warning("%s", warning)
        if settings.auth_cookies and not settings.origins:
            _log.warning("TRUSTED_ORIGINS is empty: with a cookie nothing can be changed, with a bearer all can")
        _log.info("Serving on http://%s:%d with %d worker(s)", options.host, options.port, options.workers)
        factory = "entrypoints.app:make_app_from_environment"
        processes.serve_workers(factory, listener, workers=options.workers)


def _migrate(options: argparse.Namespace) -> int:
    if options.check:
        return _check_schema()
    if options.sql:
        sys.stdout.write(asyncio.run(operations.script_migration(Settings.read())))
        return 0
    before, after = asyncio.run(operations.migrate(Settings.read()))
    news = f"The schema is at revision {after}, as it was." if before == after else f"Migrated to revision {after}."
    sys.stdout.write(f"{news}\n")
    return 0


def _check_schema() -> int:
    revision, is_current = asyncio.run(operations.check_schema(Settings.read()))
    at = "it has no revision" if revision is None else f"it is at revision {revision}"
    news = f"is current, at revision {revision}." if is_current else f"is not current: {at}. Run ai-agent migrate."
    sys.stdout.write(f"The schema {news}\n")
    return 0 if is_current else 2


def _config(options: argparse.Namespace) -> None:
    settings = Settings.read()
    in_force = configuration.in_force(settings)
    if options.json:
        json.dump([asdict(setting) for setting in in_force], sys.stdout, indent=2)
        sys.stdout.write("\n")
    else:
        sys.stdout.writelines(f"{setting}\n" for setting in in_force)
    operations.check_settings(settings)


def _dev(options: argparse.Namespace) -> None:
    url = Settings.read_variables().get("DATABASE_URL")
    run_development(options.host, options.port, options.data, None if url is None else url.value)


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


def _openapi(_: argparse.Namespace) -> None:
    json.dump(make_document(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


_COMMANDS: Final[Mapping[str, Callable[[argparse.Namespace], int | None]]] = {
    "serve": _serve,
    "migrate": _migrate,
    "config": _config,
    "dev": _dev,
    "export": _export,
    "import": _import,
    "erase": _erase,
    "purge-orphans": _purge_orphans,
    "purge-keys": _purge_keys,
    "fsck": _fsck,
    "openapi": _openapi,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ai-agent", description="Keeps people's conversations with an assistant.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve HTTP on the database that DATABASE_URL names")
    dev = commands.add_parser("dev", help="serve HTTP for a developer, on an embedded PostgreSQL if need be")
    migrate = commands.add_parser("migrate", help="bring the schema of the database up to date")
    instead = migrate.add_mutually_exclusive_group()
    instead.add_argument(
        "--check", action="store_true", help="change nothing; exit code 2 if the schema is not current"
    )
    instead.add_argument("--sql", action="store_true", help="change nothing; print the SQL that would be run")
    export = commands.add_parser("export", help="print everything of one user, as NDJSON")
    imports = commands.add_parser("import", help="read an export, for one user; all of it or nothing")
    imports.add_argument("file", type=Path, help="what ai-agent export printed; /dev/stdin reads a pipe")
    imports.add_argument(
        "--chatgpt", action="store_true", help="the file is a conversations.json that ChatGPT exported"
    )
    imports.add_argument(
        "--new-ids", action="store_true", help="give the conversations new ids, the same ones at each run"
    )
    erase = commands.add_parser("erase", help="delete everything of one user; exit code 2 if something is left")
    for command in (export, imports, erase):
        command.add_argument("--user", required=True, type=_user, metavar="ID", help="better-auth's id of the user")
    config = commands.add_parser("config", help="print the settings in force, secrets masked, and check them")
    config.add_argument("--json", action="store_true", help="as JSON")
    purge = commands.add_parser("purge-orphans", help="count what is left of users who are gone, or delete it")
    keys = commands.add_parser("purge-keys", help="delete old idempotency keys")
    commands.add_parser("fsck", help="check what is kept for damage, and change nothing; exit code 2 if there is any")
    commands.add_parser("openapi", help="print the OpenAPI document")
    for command in (serve, dev):
        command.add_argument("--host", default="127.0.0.1", help="the address to listen on (%(default)s)")
        command.add_argument("--port", default=8000, type=_number(0, 65535), help="the port (%(default)s)")
    serve.add_argument("--workers", default=1, type=_number(1, 1000), help="processes (%(default)s)")
    dev.add_argument("--data", default=Path(".data"), type=Path, help="folder of the embedded database (%(default)s)")
    purge.add_argument("--delete", action="store_true", help="delete it; without this, nothing is changed")
    purge.add_argument(
        "--largest-share",
        default=50,
        type=_number(0, 100),
        metavar="PERCENT",
        help="delete nothing if more of all owners than this have no user (%(default)s)",
    )
    for command in (erase, purge, keys):
        command.add_argument(
            "--batch-size", default=500, type=_number(1, 10_000), help="deleted at a time (%(default)s)"
        )
    keys.add_argument(
        "--older-than", default=48, type=_number(24, 100_000), metavar="HOURS", help="age in hours (%(default)s)"
    )
    purge.add_argument("--verbose", action="store_true", help="name each owner")
    return parser


def _user(text: str) -> OwnerId:
    try:
        return Principal.agent(on_behalf_of=text).owner_id
    except RuleViolationError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _number(least: int, most: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        value = int(text)
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"must be {least} to {most}")
        return value

    return number
