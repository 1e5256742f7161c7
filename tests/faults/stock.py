"""The service on uvicorn's own protocol, without limits, for attacks to hurt."""

import sys
from functools import partial

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from entrypoints import serving
from entrypoints.cli import main

if __name__ == "__main__":
    serving.configure = partial(serving.configure, protocol=HttpToolsProtocol)  # type: ignore[arg-type]
    sys.exit(main())
