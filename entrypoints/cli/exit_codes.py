"""The exit codes of all commands."""

from enum import IntEnum


class ExitCode(IntEnum):
    """What a command's end means."""

    DONE = 0
    FAILED = 1
    """It could not be done; one line on standard error says why."""
    USAGE = 2
    """The command line is wrong; one line on standard error says how."""
    FINDINGS = 3
    """It was done, and what it looked for was found: damage, a schema that is not current, something left."""
    INTERRUPTED = 130
    """As a shell has it for SIGINT."""
