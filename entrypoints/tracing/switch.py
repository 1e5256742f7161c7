"""The switch: whether OpenTelemetry's variables ask for traces. Nothing of OpenTelemetry is imported to know it."""

import os
from collections.abc import Mapping


def is_asked_for(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether OTEL_TRACES_EXPORTER names an exporter or, without it, an OTLP endpoint is given."""
    return bool(exporters(environment))


def exporters(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """The exporters that are asked for, by the names that the variable has for them; none where tracing is off."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return frozenset()
    if given := environment.get("OTEL_TRACES_EXPORTER", "").strip():
        return frozenset(name.strip().lower() for name in given.split(",")) - {"none"}
    endpoints = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
    return frozenset({"otlp"}) if any(environment.get(name) for name in endpoints) else frozenset()
