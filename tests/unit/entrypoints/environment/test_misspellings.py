"""Variables that look like a setting, and those that only resemble one."""

from typing import Final

import pytest

from entrypoints.environment.misspellings import misspellings
from entrypoints.settings import SECRET_VARIABLES, VARIABLES


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("DATABSE_URL", "DATABASE_URL"),
        ("DATABASE_URLS", "DATABASE_URL"),
        ("database_url", "DATABASE_URL"),
        ("DATABSE_URL_FILE", "DATABASE_URL_FILE"),
        ("MIGRATIONS_DATABASE_URL", "MIGRATION_DATABASE_URL"),
        ("DATABASE_POOLSIZE", "DATABASE_POOL_SIZE"),
        ("DATABASE_CONNECTION_TIMEOUT", "DATABASE_CONNECT_TIMEOUT"),
        ("REQUEST_TIMEOUT_MS", "REQUEST_TIMEOUT"),
        ("AUTH_SECERT", "AUTH_SECRET"),
        ("BETTERAUTH_SECRET", "BETTER_AUTH_SECRET"),
        ("AUTH_COOKIE", "AUTH_COOKIES"),
        ("TRUST_ORIGINS", "TRUSTED_ORIGINS"),
        ("TRUSTED_ORIGINS_FILE", "TRUSTED_ORIGINS"),
    ],
)
def test_a_variable_that_looks_like_a_setting_is_told_with_the_setting(variable: str, meant: str) -> None:
    found = list(misspellings({variable: "x", "PATH": "/bin"}, VARIABLES, SECRET_VARIABLES))

    assert found == [(variable, meant)]


def test_settings_and_variables_that_are_empty_are_no_misspellings() -> None:
    ours = dict.fromkeys([*VARIABLES, *(f"{name}_FILE" for name in SECRET_VARIABLES)], "x")

    assert list(misspellings(ours | {"DATABSE_URL": ""}, VARIABLES, SECRET_VARIABLES)) == []


OTHERS: Final = """
    AUTH0_CLIENT_SECRET AUTH_GITHUB_SECRET AUTH_SECRET_1 AUTH_TRUST_HOST AUTH_URL BASE_URL BETTER_AUTH_API_KEY
    BETTER_AUTH_API_URL BETTER_AUTH_KV_URL BETTER_AUTH_TELEMETRY BETTER_AUTH_TELEMETRY_DEBUG
    BETTER_AUTH_TELEMETRY_ENDPOINT BETTER_AUTH_TELEMETRY_ID BETTER_AUTH_TRUSTED_ORIGINS NEXTAUTH_SECRET NEXTAUTH_URL
    NEXT_PUBLIC_AUTH_URL NEXT_PUBLIC_BETTER_AUTH_URL NUXT_PUBLIC_BETTER_AUTH_URL PUBLIC_BETTER_AUTH_URL
    VITE_BETTER_AUTH_URL
    DATABASE_HOST DATABASE_NAME DATABASE_PORT DATABASE_SERVICE_HOST DATABASE_URI DATABASE_URL_UNPOOLED DATABASE_USER
    DATABASE_URL_2 DIRECT_DATABASE_URL PRISMA_DATABASE_URL SHADOW_DATABASE_URL TEST_DATABASE_URL
    NODE_ENV NODE_EXTRA_CA_CERTS NODE_OPTIONS NODE_PATH PGHOST PGPASSWORD PORT READ_TIMEOUT RETRY_TIMEOUT
    HTTP_REQUEST_TIMEOUT
    OTEL_BSP_SCHEDULE_DELAY OTEL_EXPORTER_OTLP_ENDPOINT OTEL_EXPORTER_OTLP_HEADERS OTEL_EXPORTER_OTLP_TIMEOUT
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT OTEL_PROPAGATORS OTEL_RESOURCE_ATTRIBUTES OTEL_SDK_DISABLED OTEL_SERVICE_NAME
    OTEL_TRACES_EXPORTER OTEL_TRACES_SAMPLER OTEL_TRACES_SAMPLER_ARG
""".split()  # noqa: SIM905 - a list of strings would take a line for each
"""What better-auth, Auth.js, Node, Prisma, Neon, Kubernetes, OpenTelemetry and other services of the same pod read."""


def test_what_others_read_is_no_misspelling() -> None:
    assert list(misspellings(dict.fromkeys(OTHERS, "x"), VARIABLES, SECRET_VARIABLES)) == []
