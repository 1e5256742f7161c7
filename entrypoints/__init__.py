"""The ways in: HTTP, the embedded facade, the command line, and the container that wires them."""
