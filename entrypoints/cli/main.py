"""The command ``ai-agent``: it finds the command, runs it, and tells in one line why it failed."""

import logging
import os
import signal
import sys
from collections.abc import Sequence
from typing import Final

import click

from entrypoints import configuration
from entrypoints.cli import maintenance, people, retention, schema, serving
from entrypoints.cli.completion import COMPLETION
from entrypoints.cli.exit_codes import ExitCode
from entrypoints.cli.sections import Sections
from entrypoints.errors import OneLineError
from entrypoints.logs import NOISY

NAME: Final = "ai-agent"
_log = logging.getLogger(NAME)


@click.group(
    cls=Sections,
    context_settings={"help_option_names": ["-h", "--help"]},
    sections={
        "Serving": [serving.serve, serving.dev, serving.config, serving.openapi],
        "Schema": [schema.migrate],
        "People's data": [people.export, people.import_, people.erase],
        "Maintenance": [maintenance.purge_orphans, retention.purge_expired, maintenance.purge_keys, maintenance.fsck],
    },
)
@click.version_option(package_name=NAME, message="%(prog)s %(version)s")
@COMPLETION
def _commands() -> None:
    """Keep people's conversations with an assistant."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for warning in configuration.warnings():
        _log.warning("%s", warning)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns its exit code."""
    if os.getpid() == 1:  # in a container: Linux lets no signal end process 1 that it does not handle
        signal.signal(signal.SIGTERM, _end)
    try:
        code: int | None = _commands.main(arguments, prog_name=NAME, standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.USAGE
    except click.UsageError as error:
        return _fail(f"{_in_one_line(error)} Try {_path_of(error)} --help.", ExitCode.USAGE)
    except OneLineError as error:
        return _fail(str(error), ExitCode.FAILED)
    except click.Abort:
        return ExitCode.INTERRUPTED
    return code or ExitCode.DONE


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)


def _fail(why: str, code: ExitCode) -> int:
    sys.stderr.write(f"{NAME}: {why}\n")
    return code


def _in_one_line(error: click.UsageError) -> str:
    return f"{' '.join(error.format_message().split()).removesuffix('.')}."


def _path_of(error: click.UsageError) -> str:
    return NAME if error.ctx is None else error.ctx.command_path
