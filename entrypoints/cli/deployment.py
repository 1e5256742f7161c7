"""Commands of whoever deploys the service: ``migrate``, ``config`` and ``openapi``."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict

from entrypoints import configuration
from entrypoints.cli.arguments import Commands
from entrypoints.container import operations
from entrypoints.native_api.openapi import make_document
from entrypoints.settings import Settings


def add_commands(commands: Commands) -> None:
    """Add the commands of this group."""
    migrate = commands.add_parser("migrate", help="bring the schema of the database up to date")
    migrate.set_defaults(run=_migrate)
    instead = migrate.add_mutually_exclusive_group()
    instead.add_argument(
        "--check", action="store_true", help="change nothing; exit code 2 if the schema is not current"
    )
    instead.add_argument("--sql", action="store_true", help="change nothing; print the SQL that would be run")
    config = commands.add_parser("config", help="print the settings in force, secrets masked, and check them")
    config.set_defaults(run=_config)
    config.add_argument("--json", action="store_true", help="as JSON")
    commands.add_parser("openapi", help="print the OpenAPI document").set_defaults(run=_openapi)


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


def _openapi(_: argparse.Namespace) -> None:
    json.dump(make_document(), sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")
