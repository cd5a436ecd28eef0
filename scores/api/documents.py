"""Strict JSON: bytes of a request become one object that means what it says, or a 400.

msgspec already refuses NaN, Infinity, lone surrogates, raw control characters, a byte order mark
and trailing characters. Added here: bounds on size and depth, and no field twice in one object.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import IO, Any, Final

import msgspec
from django.utils.http import parse_header_parameters
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from typing_extensions import override

from scores.api.codes import Code
from scores.api.errors import ApiError

MAX_BODY: Final = 64 * 1024
MAX_BATCH_BODY: Final = 1024 * 1024
_MAX_DEPTH: Final = 16  # of objects and lists; no request of ours needs more than three

#: Every string of a valid document, with the colon that follows where the string is a field's name.
#: Scanning from string to string never starts inside of one.
_STRINGS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"(\s*:)?')


def decode(body: bytes) -> dict[str, Any]:
    """The object that the body holds.

    Raises:
        ApiError: `malformed_json`, `number_out_of_range`, `json_too_deep`, `duplicate_field`, `not_an_object`.
    """
    try:
        document = msgspec.json.decode(body)
    except msgspec.ValidationError as error:  # untyped, the only thing it may dislike is a number
        raise ApiError(Code.NUMBER_OUT_OF_RANGE) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApiError(Code.MALFORMED_JSON, f"{Code.MALFORMED_JSON.meaning} {error}.") from error
    except RecursionError as error:
        raise ApiError(Code.JSON_TOO_DEEP) from error
    if not isinstance(document, dict):
        raise ApiError(Code.NOT_AN_OBJECT)
    # msgspec keeps the last of two equal names: then the text names more fields than came out. Every name has its
    # colon, so as many colons as fields are no name twice; more may stand in texts, which takes a closer look.
    fields = _count_fields(document)
    if body.count(b":") != fields and sum(map(bool, _STRINGS.findall(body))) != fields:
        raise ApiError(Code.DUPLICATE_FIELD)
    return document


def _count_fields(document: dict[str, Any]) -> int:
    """How many fields all objects of the document have together; refuses what is too deep."""
    fields = 0
    layer: list[Any] = [document]
    for _ in range(_MAX_DEPTH):
        fields += sum(len(node) for node in layer if isinstance(node, dict))
        layer = [
            child
            for node in layer
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not layer:
            return fields
    raise ApiError(Code.JSON_TOO_DEEP)


class StrictJSONParser(BaseParser):
    """DRF's way to `decode`, for bodies of up to 64 KiB."""

    media_type = "application/json"
    max_body = MAX_BODY

    @override
    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The object in the request's body.

        Raises:
            ApiError: as `decode`, and `body_too_large`, `unsupported_media_type`.
        """
        request: Request = (parser_context or {})["request"]
        _check_encoding(media_type or "", request.headers.get("Content-Encoding", ""))
        # The announced length is only announced: what counts is how much there is.
        body = stream.read(self.max_body + 1)
        if len(body) > self.max_body:
            raise ApiError(Code.BODY_TOO_LARGE, f"The body must not be larger than {self.max_body} bytes.")
        return decode(body)


class BatchJSONParser(StrictJSONParser):
    """The same for batches: up to 1 MiB."""

    max_body = MAX_BATCH_BODY


def _check_encoding(media_type: str, content_encoding: str) -> None:
    # DRF matches ranges too: it would take a body of the type */*.
    kind, parameters = parse_header_parameters(media_type)
    is_plain = parameters.get("charset", "utf-8").lower() in {"utf-8", "utf8"} and content_encoding in {"", "identity"}
    if kind != StrictJSONParser.media_type or not is_plain:
        raise ApiError(Code.UNSUPPORTED_MEDIA_TYPE)
