"""From a document to a struct of the contract; what msgspec dislikes is told with our codes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Generic, TypeVar

import msgspec

from scores.api import documents
from scores.api.codes import Code
from scores.api.errors import ApiError

#: How msgspec tells what it dislikes; tests hold it to that.
_NAMED: Final = re.compile(r"Object (?P<what>contains unknown|missing required) field `(?P<field>.*)`", re.DOTALL)
_PLACED: Final = re.compile(r"(?P<detail>.*) - at `\$\.(?P<field>\w+)`", re.DOTALL)
_EXPECTED: Final = re.compile(r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>\w+)`")
#: The JSON types that the contract uses, as people call them.
_WORDS: Final = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number with a fraction",
    "bool": "true or false",
    "datetime": "a time",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
_SHOWN: Final = 100  # characters of an unknown field's name that an error repeats

S = TypeVar("S", bound=msgspec.Struct)


def typed(document: object, shape: type[S], *, invalid_text: Mapping[str, Code] | None = None) -> S:
    """The document as a struct.

    Args:
        document: what the parser gave.
        shape: what it must be.
        invalid_text: codes by field for a text of the right type with a wrong content.

    Raises:
        ApiError: whatever is wrong first. A value is never repeated: it may be a password.
    """
    if not isinstance(document, dict):
        raise ApiError(Code.NOT_AN_OBJECT)
    try:
        return msgspec.convert(document, shape)
    except msgspec.ValidationError as error:
        raise _told(str(error), invalid_text or {}) from error


class Decoder(Generic[S]):
    """From the bytes of a request to a struct in one step, where nothing about them is odd: a third of the time.

    For structs that hold no others. What is odd goes the careful way, which knows each error.
    """

    def __init__(self, shape: type[S], *, invalid_text: Mapping[str, Code]) -> None:
        """Decode to `shape`; `invalid_text` is as in `typed`."""
        self._decode = msgspec.json.Decoder(shape).decode
        self._shape = shape
        self._invalid_text = invalid_text

    def __call__(self, body: bytes) -> S:
        """As `typed(documents.decode(body), shape)`.

        Raises:
            ApiError: as these.
        """
        try:
            struct = self._decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            pass
        else:
            # Every name has its colon: as many as fields with a value are no name twice, of which msgspec would keep
            # the last. There may be more of them in texts and with nulls.
            values = msgspec.structs.astuple(struct)
            if body.count(b":") == len(values) - values.count(None):
                return struct
        return typed(documents.decode(body), self._shape, invalid_text=self._invalid_text)


def unknown_field(name: str) -> ApiError:
    """The error that names a field which there is not."""
    shown = name[:_SHOWN]
    return ApiError(Code.UNKNOWN_FIELD, f"There is no field `{shown}`.", fields=[shown])


def _told(message: str, invalid_text: Mapping[str, Code]) -> ApiError:
    if named := _NAMED.fullmatch(message):
        if named["what"].startswith("contains"):
            return unknown_field(named["field"])
        return ApiError(Code.MISSING_FIELD, f"The field `{named['field']}` is missing.", fields=[named["field"]])
    placed = _PLACED.fullmatch(message)
    if placed is None:
        return ApiError(Code.WRONG_TYPE)
    field = placed["field"]
    if expected := _EXPECTED.fullmatch(placed["detail"]):
        wanted = " or ".join(_in_words(kind) for kind in expected["wanted"].split(" | "))
        sentence = f"`{field}` must be {wanted}, not {_in_words(expected['got'])}."
        return ApiError(Code.WRONG_TYPE, sentence, fields=[field])
    return ApiError(invalid_text.get(field, Code.WRONG_TYPE), fields=[field])


def _in_words(kind: str) -> str:
    return _WORDS.get(kind, "something else")
