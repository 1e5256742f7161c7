"""The container: the one place that knows both the ports and what implements them."""
