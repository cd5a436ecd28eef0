"""The strict reader of JSON, against the standard library's and against noise."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scores.api.codes import Code
from scores.api.documents import decode
from scores.api.errors import ApiError

_TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64) | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda values: st.lists(values, max_size=4) | st.dictionaries(_TEXT, values, max_size=4),
    max_leaves=20,
)


class Fields(list[tuple[str, Any]]):
    """An object that may name a field twice."""


def _spelled(value: Any) -> str:
    if isinstance(value, Fields):
        return "{" + " , ".join(f"{json.dumps(name)} :{_spelled(inner)}" for name, inner in value) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_spelled, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


@given(st.dictionaries(_TEXT, _VALUES, max_size=5), st.booleans())
def test_any_object_is_read_as_the_standard_library_reads_it(document: dict[str, Any], ascii_only: bool) -> None:
    body = json.dumps(document, ensure_ascii=ascii_only).encode()

    assert decode(body) == document


@given(
    st.recursive(
        st.integers(0, 9) | st.sampled_from(['a":', "\\", '"', ":", '{"a":1}', "a"]),
        lambda values: (
            st.lists(values, max_size=3)
            | st.lists(st.tuples(st.sampled_from(["a", "b", '"', "\\", '":', "a\\"]), values), max_size=3).map(Fields)
        ),
        max_leaves=12,
    )
)
def test_a_field_named_twice_is_found_wherever_it_is_and_nothing_else(value: Any) -> None:
    body = _spelled(Fields([("root", value)])).encode()

    if _names_twice(value):
        with pytest.raises(ApiError) as refused:
            decode(body)
        assert refused.value.code == Code.DUPLICATE_FIELD
    else:
        assert decode(body) == json.loads(body)


def _names_twice(value: Any) -> bool:
    if isinstance(value, Fields):
        return len({name for name, _ in value}) < len(value) or any(_names_twice(inner) for _, inner in value)
    return isinstance(value, list) and any(map(_names_twice, value))


@given(st.binary(max_size=200) | st.text('[]{}":,0123456789eE.-\\utrfnals ', max_size=200).map(str.encode))
def test_noise_is_read_or_refused_but_never_fails(body: bytes) -> None:
    with suppress(ApiError):
        assert isinstance(decode(body), dict)


@pytest.mark.parametrize("depth", [16, 17, 1_000, 100_000])
def test_depth_is_bounded(depth: int) -> None:
    body = b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"

    if depth <= 16:
        assert list(decode(body)) == ["a"]
        return
    with pytest.raises(ApiError) as refused:
        decode(body)
    assert refused.value.code == Code.JSON_TOO_DEEP
