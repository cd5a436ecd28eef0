"""What is wrong with a document is told in words, without the names of Python's types and without the value."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scores.api import documents
from scores.api.account_contract import Login
from scores.api.codes import Code
from scores.api.contract import BatchItem, Submission
from scores.api.errors import ApiError
from scores.api.submission import _INVALID_TEXT
from scores.api.typed import Decoder, typed

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


#: What may stand in a document of a session, usual and odd.
PIECES = [
    *('"score":1', '"score" : 2', '"score":1.0', '"score":"1"', '"score":1e400', '"score":[[]]', '"sc\\u006fre":3'),
    *(
        '"user_id":7',
        '"user_id": null',
        '"username":"a"',
        '"game_mode":"s:t"',
        '"game_mode":"\\"s"',
        '"game_mode":"\ud800"',
    ),
    *('"outcome":"win"', '"outcome":"lost"', '"played_at":"2026-01-01T00:00:00Z"', '"played_at":"x"', '"x":1', "x"),
]
decoded = Decoder(Submission, invalid_text=_INVALID_TEXT)


def carefully(body: bytes) -> Submission:
    return typed(documents.decode(body), Submission, invalid_text=_INVALID_TEXT)


def outcome(decode: Callable[[bytes], Submission], body: bytes) -> object:
    try:
        return decode(body)
    except ApiError as error:
        return error.code, error.detail, error.fields


@given(
    before=st.lists(st.sampled_from(PIECES), max_size=2),
    after=st.lists(st.sampled_from(PIECES), max_size=3),
    end=st.sampled_from(["}", "}", " } ", "", "}x"]),
)
def test_the_short_way_from_bytes_gives_what_the_careful_one_gives(
    before: list[str], after: list[str], end: str
) -> None:
    pieces = [*before, '"score":1', '"game_mode":"s"', *after]
    body = ("{" + ",".join(pieces) + end).encode(errors="surrogatepass")

    assert outcome(decoded, body) == outcome(carefully, body)


@pytest.mark.parametrize("field", ["score", "user_id"])
def test_a_field_that_is_sent_twice_is_refused(field: str) -> None:
    with pytest.raises(ApiError) as told:
        decoded(b'{"user_id":7,"score":1,"game_mode":"s","%s":5}' % field.encode())

    assert told.value.code == Code.DUPLICATE_FIELD
