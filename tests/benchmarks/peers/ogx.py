"""OGX, once llama-stack: an API server that keeps OpenAI's Conversations in PostgreSQL.

It gets the event loop and the parser that this project has, and its log of requests is off.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, override
from urllib.parse import parse_qs, urlsplit

from tests.benchmarks.peers.serving import Served, served
from tests.benchmarks.peers.work import Contestant
from tests.support.sockets import free_port

_UV: Final = Path(__file__).parents[3] / ".make" / "uv.sh"
_REQUIREMENTS: Final = Path(__file__).with_name("ogx-requirements.txt")
"""`echo ogx uvloop httptools | tr ' ' '\\n' | sh .make/uv.sh pip compile --universal --python-version 3.12 -`."""
_START: Final = """
import logging, sys, uvicorn
from ogx.core.server.server import create_app
app = create_app()
access = logging.getLogger("uvicorn.access")
access.handlers.clear()
access.propagate = False
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_config=None, access_log=False)
"""
"""What `ogx run` does, but its log of requests."""


class Ogx(Served):
    """Its Conversations API; it authenticates nobody."""

    name = "ogx"
    conversations_path = "/v1/conversations"
    items_path = "/items"
    newest_query = "&order=desc"

    @override
    def body(self, texts: Sequence[str]) -> Any:
        return {"items": [{"type": "message", "role": "user", "content": text} for text in texts]}


@asynccontextmanager
async def open_ogx(environment: Path, database_url: str) -> AsyncIterator[Contestant]:
    """One worker of the OGX that was installed into the environment; it makes its tables itself."""
    port = free_port()
    command = [str(environment / "bin" / "python"), "-c", _START, str(port)]
    with tempfile.TemporaryDirectory() as folder:
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "OGX_CONFIG": _configure(folder, database_url),
            "OGX_LOGGING": "all=warning",
        }
        async with served(Ogx, command, port, environment=variables) as contestant:
            yield contestant


def _configure(folder: str, database_url: str) -> str:
    """Conversations and nothing else; pools as they are by default."""
    url = urlsplit(database_url)
    place = {"host": parse_qs(url.query)["host"][0], "user": url.username, "db": url.path.removeprefix("/")}
    tables = {"inference": "inference_store", "conversations": "openai_conversations", "prompts": "prompts"}
    configuration = {
        "version": 2,
        "distro_name": "conversations",
        "apis": ["conversations"],
        "providers": {},
        "storage": {
            "backends": {
                "kv_default": {"type": "kv_postgres", **place},
                "sql_default": {"type": "sql_postgres", **place},
            },
            "stores": {
                "metadata": {"namespace": "registry", "backend": "kv_default"},
                **{store: {"table_name": table, "backend": "sql_default"} for store, table in tables.items()},
            },
        },
        "server": {"insecure": True},
    }
    file = Path(folder, "config.yaml")
    file.write_text(json.dumps(configuration))  # JSON is YAML
    return str(file)


def install(environment: Path) -> None:
    """Make an environment for it alone: what it needs has no place in this project's lock."""
    uv = ["sh", str(_UV), "--quiet"]
    subprocess.run([*uv, "venv", str(environment)], check=True)
    subprocess.run([*uv, "pip", "install", "--python", environment, "--requirements", _REQUIREMENTS], check=True)
