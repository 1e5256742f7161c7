"""Below ASGI: the processes, and uvicorn's HTTP protocol within limits."""
