"""Answers of the fast door: what DRF's renderer, exception handler and finalizer would make of the same."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from scores.api.codes import Code
from scores.api.contract import ErrorAnswer
from scores.api.errors import ApiError, to_api_error

if TYPE_CHECKING:
    from asgiref.typing import ASGISendCallable

Header = tuple[bytes, bytes]

_NO_STORE: Final[Header] = (b"cache-control", b"no-store")
_ALLOW: Final[dict[str, Header]] = {"POST": (b"allow", b"POST"), "GET": (b"allow", b"GET, HEAD")}
_JSON: Final[Header] = (b"content-type", b"application/json")
_encode: Final = msgspec.json.Encoder().encode

log = structlog.get_logger(__name__)


class Answer(msgspec.Struct, frozen=True, gc=False):
    """A status, a body (None: there can be none), and the headers that are special to them."""

    status: int
    body: bytes | None
    headers: tuple[Header, ...] = ()


def encoded(document: object, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None) -> Answer:
    """The answer that holds a struct of the contract."""
    return Answer(status, _encode(document), _raw(headers) if headers else ())


def not_modified(etag: str) -> Answer:
    """The answer to who has the state with this tag already."""
    return Answer(HTTPStatus.NOT_MODIFIED, None, _raw({"ETag": etag}))


def refusal(exception: Exception) -> Answer:
    """The answer to a request that failed."""
    error = told(exception)
    return encoded(ErrorAnswer(error.error), error.code.status, error.headers)


def told(exception: Exception) -> ApiError:
    """The error that the client is told; a defect of ours is logged."""
    error = to_api_error(exception)
    if error is None:
        log.error("a request failed for an unforeseen reason", exc_info=exception)
        error = ApiError(Code.INTERNAL_ERROR)
    return error


def headers_of(answer: Answer, method: str) -> list[Header]:
    """All headers of the answer to a request with this method, but for the length of its body."""
    headers = [_NO_STORE, _ALLOW[method], *answer.headers]
    return headers if answer.body is None else [*headers, _JSON]


async def tell(send: ASGISendCallable, answer: Answer, method: str) -> None:
    """Send the answer to a request with this method."""
    headers = headers_of(answer, method)
    if answer.body is not None:
        headers.append((b"content-length", b"%d" % len(answer.body)))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers, "trailers": False})
    await send({"type": "http.response.body", "body": answer.body or b"", "more_body": False})


def _raw(headers: Mapping[str, str]) -> tuple[Header, ...]:
    return tuple((name.lower().encode(), text.encode()) for name, text in headers.items())
