"""What a connection is opened with."""

import pytest

from adapters.postgres.address import DatabaseAddress
from adapters.postgres.connecting import arguments_for

URL = "postgresql://ann:pass%20word@db.test:5433/chat"


@pytest.mark.parametrize(
    ("url", "is_pooled"),
    [
        (URL, False),
        (f"{URL}?pgbouncer=false", False),
        (f"{URL}?pgbouncer=true", True),
        ("postgresql://ann@ep-x-pooler.eu.neon.tech/chat", True),
        ("postgresql://ann@one,two-pooler.test/chat", True),
    ],
)
def test_a_pooler_gets_no_prepared_statements_and_no_setting_that_it_would_refuse(url: str, *, is_pooled: bool) -> None:
    arguments = arguments_for(DatabaseAddress.parse(url), 0.5)

    assert arguments.get("statement_cache_size") == (0 if is_pooled else None)
    assert arguments["server_settings"].get("lock_timeout") == (None if is_pooled else "500ms")
