"""Text and JSON as hardly anybody would write them, for Hypothesis to draw from."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

SEEDED = settings(
    max_examples=120, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)

ODD = (
    "\0\x01\x7f\x85\xa0\u00ad\u0301\u200b\u200d"
    "\u2028\u202e\u2066\u3000\ufeff\ufffd\uffff\U0001f600\U0010ffff\r\n\t \\\"'"
)
CHARACTERS = st.sampled_from(ODD) | st.characters(exclude_categories=["Cs"])
TEXTS = st.text(CHARACTERS, max_size=40) | st.builds(
    lambda text, times: text * times, st.text(CHARACTERS, min_size=1, max_size=5), st.integers(1, 10_000)
)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(CHARACTERS, max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(CHARACTERS, max_size=5), inner, max_size=3),
    max_leaves=8,
)
METADATA = st.dictionaries(st.text(CHARACTERS, max_size=8), VALUES, max_size=4)
PARTS = st.lists(
    st.builds(lambda text, more: {**more, "type": "text", "text": text}, st.text(CHARACTERS, max_size=20), METADATA)
    | st.builds(lambda kind, more: {**more, "type": f"x-{kind}"}, st.text(CHARACTERS, max_size=5), METADATA),
    min_size=1,
    max_size=4,
)


def has_nul(value: Any) -> bool:
    if isinstance(value, dict):
        return any(has_nul(item) for pair in value.items() for item in pair)
    return any(map(has_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\0" in value
