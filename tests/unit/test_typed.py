"""What is wrong with a document is told in words, without the names of Python's types and without the value."""

from __future__ import annotations

import pytest

from scores.api.account_contract import Login
from scores.api.codes import Code
from scores.api.contract import BatchItem
from scores.api.errors import ApiError
from scores.api.submission import _INVALID_TEXT
from scores.api.typed import typed

GOOD = {"score": 1, "game_mode": "survival", "user_id": 1}


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("score", "50", "`score` must be a whole number, not a text."),
        ("score", 1.5, "`score` must be a whole number, not a number with a fraction."),
        ("score", None, "`score` must be a whole number, not null."),
        ("score", True, "`score` must be a whole number, not true or false."),
        ("user_id", [1], "`user_id` must be a whole number or null, not a list."),
        ("username", {"a": 1}, "`username` must be a text or null, not an object."),
        ("game_mode", 5, "`game_mode` must be a text, not a whole number."),
        ("played_at", 1700000000, "`played_at` must be a time or null, not a whole number."),
    ],
)
def test_another_type_is_told_in_words(field: str, value: object, sentence: str) -> None:
    with pytest.raises(ApiError) as told:
        typed({**GOOD, field: value}, BatchItem, invalid_text=_INVALID_TEXT)

    assert (told.value.code, told.value.detail, told.value.fields) == (Code.WRONG_TYPE, sentence, (field,))


@pytest.mark.parametrize(("field", "code"), _INVALID_TEXT.items())
def test_a_text_with_a_wrong_content_is_told_by_its_code(field: str, code: Code) -> None:
    with pytest.raises(ApiError) as told:
        typed({**GOOD, field: "nonsense"}, BatchItem, invalid_text=_INVALID_TEXT)

    assert (told.value.code, told.value.detail, told.value.fields) == (code, code.meaning, (field,))


def test_a_password_is_never_repeated() -> None:
    with pytest.raises(ApiError) as told:
        typed({"username": "alice", "password": ["hunter2"]}, Login)

    assert told.value.detail == "`password` must be a text, not a list."
