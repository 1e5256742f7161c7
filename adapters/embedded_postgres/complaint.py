"""The line of a program's output that says why it failed."""

import re

_REASON = re.compile(r"\b(?:FATAL|PANIC|error): +(?P<reason>.*)")
_DETAIL = re.compile(r"\bDETAIL: +(?P<detail>.*)")


def complaint(output: str) -> str:
    """Return the first FATAL, PANIC or error, with its detail, in one line; later ones are its consequences.

    Return all output if there is none: before PostgreSQL has read its settings, its output has no fixed form.
    """
    lines = output.splitlines()
    for line, next_line in zip(lines, [*lines[1:], ""], strict=True):
        if reason := _REASON.search(line):
            detail = _DETAIL.search(next_line)
            return f"{reason['reason']}: {detail['detail'].rstrip('.')}" if detail else reason["reason"]
    return " ".join(output.split()) or "it said nothing"
