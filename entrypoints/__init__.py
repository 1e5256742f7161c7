"""What calls the use cases: HTTP, the embedded application, the command line; and the container that wires them."""
