"""The command line: ``ai-agent`` and a command, each with its own help."""
