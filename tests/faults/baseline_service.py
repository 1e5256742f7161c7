"""The baseline of the attacks: the service on uvicorn's own protocol, without our limits."""

import sys
from functools import partial

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from entrypoints.cli.main import main
from entrypoints.server import processes

if __name__ == "__main__":
    processes.configure = partial(processes.configure, protocol=HttpToolsProtocol)  # type: ignore[arg-type]
    sys.exit(main())
