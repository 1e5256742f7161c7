"""Metrics: what a process counts, and the endpoint that shows it to Prometheus."""
