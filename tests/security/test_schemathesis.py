"""Schemathesis: it makes requests from the service's OpenAPI document, and checks the responses against it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
"""Left out: positive_data_acceptance and negative_data_rejection, as rules beyond JSON Schema (blank text, depth, an id
that is nobody's) refuse what fits it; use_after_free, object_level_authorization and the like, as test_isolation proves
more; unsupported_method and ignored_auth, as the corpus holds them."""

SEEDED = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_operation_answers_as_the_document_says(
    service: str, new_token: Callable[[], str], mode: GenerationMode
) -> None:
    headers = {"Authorization": f"Bearer {new_token()}"}
    schema = schemathesis.openapi.from_dict(httpx.get(f"{service}/openapi.json").json())
    schema.config.generation.update(with_security_parameters=False)  # a made-up agent key would refuse most requests
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    asked = 0

    for operation in operations:

        @given(case=operation.as_strategy(generation_mode=mode))
        @SEEDED
        def ask(case: Case[Any]) -> None:
            nonlocal asked
            asked += 1
            case.validate_response(case.call(base_url=service, headers=headers), checks=CHECKS)

        with suppress(Unsatisfiable):  # where nothing is asked for, nothing can be asked wrongly
            ask()

    assert len(operations) >= 10
    assert asked >= len(operations)
