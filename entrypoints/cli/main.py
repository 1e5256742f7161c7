"""The command ``ai-agent``: it finds the command, runs it, and tells in one line why it failed."""

import argparse
import logging
import sys
from collections.abc import Sequence

from entrypoints import configuration
from entrypoints.cli import deployment, maintenance, people, serving
from entrypoints.errors import OneLineError
from entrypoints.logs import NOISY

_log = logging.getLogger("ai-agent")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; the exit code is 0, or 1 after one line that says why not, or 2 if a check found something."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in NOISY:
        logging.getLogger(noisy).setLevel(logging.WARNING)
    options = _parser().parse_args(arguments)
    for warning in configuration.warnings():
        _log.warning("%s", warning)
    try:
        code: int | None = options.run(options)
    except OneLineError as error:
        sys.stderr.write(f"ai-agent: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    return code or 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ai-agent", description="Keeps people's conversations with an assistant.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in (serving, deployment, people, maintenance):
        group.add_commands(commands)
    return parser
