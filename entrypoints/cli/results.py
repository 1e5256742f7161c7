"""Results of commands on standard output: as text for people, or as JSON for programs."""

import json
from collections.abc import Mapping
from typing import Any, Final

import click

JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print results as JSON, one object a line.")


def tell(result: Mapping[str, Any], text: str, *, as_json: bool) -> None:
    """Print a result, at once: however the command ends, it is known what was done until then."""
    click.echo(json.dumps(result, ensure_ascii=False) if as_json else text)
