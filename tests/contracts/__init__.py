"""Contract suites: every implementation of a port passes them."""
