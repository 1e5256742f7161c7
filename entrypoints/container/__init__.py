"""The container: the only package that knows both the ports and the adapters that implement them."""
