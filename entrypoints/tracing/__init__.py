"""Tracing: spans of requests and statements, exported by OpenTelemetry's SDK where its variables ask for them."""
