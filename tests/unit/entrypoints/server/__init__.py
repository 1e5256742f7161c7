"""What lies below ASGI."""
