"""The production image leaves packages out that the service never imports."""

import re
import subprocess
import sys
from pathlib import Path

DOCKERFILE = (Path(__file__).parents[2] / "Dockerfile").read_text()

IMPORTS_ALL = """
import sys
for name in sys.argv[1:]:
    sys.modules[name] = None  # from here on an import of it fails
import entrypoints.app, entrypoints.cli.main
from entrypoints.native_api.openapi import make_document
make_document()
"""


def test_what_the_image_leaves_out_is_never_imported() -> None:
    (unused,) = re.findall(r'^ARG UNUSED="(.*)"$', DOCKERFILE, re.MULTILINE)
    packages = re.findall(r"--no-install-package (\S+)", unused)

    assert packages == ["faker", "polyfactory"]
    finished = subprocess.run(
        [sys.executable, "-c", IMPORTS_ALL, *packages], capture_output=True, text=True, check=False
    )
    assert finished.stderr == ""
