"""Origins that may change something by cookie."""

import pytest

from entrypoints.http.errors import RequestError
from entrypoints.http.origins import require_trusted_origin
from tests.support.headers import headers

TRUSTED = frozenset({"https://app.example.com", "http://localhost:3000"})


@pytest.mark.parametrize(
    ("method", "lines"),
    [
        ("GET", []),
        ("HEAD", ["Origin: https://evil.test"]),
        ("POST", ["Origin: https://app.example.com"]),
        ("PATCH", ["Origin: http://localhost:3000"]),
        ("DELETE", ["Referer: https://app.example.com/page?x=1"]),
        ("POST", ["Origin: https://app.example.com", "Referer: https://evil.test/"]),
    ],
)
def test_a_safe_method_or_a_trusted_origin_passes(method: str, lines: list[str]) -> None:
    require_trusted_origin(method, headers(*lines), TRUSTED)


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["Origin: null"],
        ["Origin: https://evil.test"],
        ["Origin: https://app.example.com.evil.test"],
        ["Origin: https://app.example.com:8443"],
        ["Origin: http://app.example.com"],
        ["Origin: https://APP.example.com"],
        ["Origin: https://app.example.com/"],
        ["Origin: "],
        ["Origin: https://app.example.com", "Origin: https://app.example.com"],
        ["Origin: null", "Referer: https://app.example.com/"],
        ["Referer: https://app.example.com.evil.test/"],
        ["Referer: https://app.example.com@evil.test/"],
        ["Referer: https://["],
        ["Referer: /page"],
        ["Referer: https://app.example.com/", "Referer: https://app.example.com/"],
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT", "odd"])
def test_any_other_origin_may_change_nothing(method: str, lines: list[str]) -> None:
    with pytest.raises(RequestError) as raised:
        require_trusted_origin(method, headers(*lines), TRUSTED)

    assert (raised.value.status, raised.value.code) == (403, "origin_not_allowed")
