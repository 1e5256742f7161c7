"""What ends a command: an error that is told to a person in one line."""


class OneLineError(Exception):
    """A command can't be done; the message is one line that says why, without secrets."""
