"""Checking: whether the traces that are asked for can be exported, before anything is served."""

import os
from collections.abc import Mapping
from typing import Final

from entrypoints.settings import SettingsError
from entrypoints.tracing.switch import exporters

_PACKAGE: Final = "opentelemetry"
_EXPORTERS: Final = frozenset({"otlp", "console"})
_PROTOCOL: Final = "http/protobuf"


def check_tracing(environment: Mapping[str, str] = os.environ) -> None:
    """Raise SettingsError if traces are asked for and can't be exported; OpenTelemetry is imported for it."""
    asked = exporters(environment)
    if not asked:
        return
    if not asked <= _EXPORTERS:
        raise SettingsError("OTEL_TRACES_EXPORTER must be otlp, console, or none")
    names = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
    if next((given for name in names if (given := environment.get(name))), _PROTOCOL) != _PROTOCOL:
        raise SettingsError(f"OTEL_EXPORTER_OTLP_PROTOCOL must be {_PROTOCOL}")
    try:
        from entrypoints.tracing import export  # noqa: F401, PLC0415 - only who asks for traces has the extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != _PACKAGE:
            raise
        raise SettingsError(
            'OTEL_ variables ask for traces, which need OpenTelemetry: install ai-agent with its extra "otel", '
            "such as by uv sync --extra otel, or set OTEL_SDK_DISABLED=true"
        ) from error
    except ValueError as error:  # OpenTelemetry looks for its propagators when it is imported
        raise SettingsError(f"OTEL_PROPAGATORS: {error}") from error
