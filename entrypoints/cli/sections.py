"""Sections: commands in groups, as the help lists them."""

from collections.abc import Mapping, Sequence
from typing import Any, override

import click


class Sections(click.Group):
    """Commands whose help lists them by section, in their order."""

    def __init__(self, *, sections: Mapping[str, Sequence[click.Command]], **more: Any) -> None:
        super().__init__(commands=[one for commands in sections.values() for one in commands], **more)
        self._sections = sections

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.commands))
        for title, commands in self._sections.items():
            with formatter.section(title):
                formatter.write_dl([(f"{one.name:{width}}", one.get_short_help_str(1000)) for one in commands])
