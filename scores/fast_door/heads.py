"""The heads of requests that are plain enough for the fast door. Whatever looks unusual is for Django to judge."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.http.request import split_domain_port, validate_host
from msgspec import Struct

if TYPE_CHECKING:
    from asgiref.typing import HTTPScope

Headers = dict[bytes, bytes]

#: With one of these a request is not plain. Of a cookie only Django knows what it means; a content encoding,
#: a transfer without a length and an expectation are refused or met elsewhere.
_UNUSUAL: Final = frozenset({b"cookie", b"content-encoding", b"transfer-encoding", b"expect", b"upgrade"})
_JSON: Final = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})


class Head(Struct, frozen=True, gc=False):
    """What a request says ahead of its body. Its headers stand under their lower-case names, none was sent twice."""

    method: str
    path: str
    query: bytes
    headers: Headers
    over_https: bool


def once(sent: Sequence[tuple[bytes, bytes]]) -> Headers | None:
    """The headers by name; None where one was sent twice."""
    headers = dict(sent)
    return headers if len(headers) == len(sent) else None


def head_of(scope: HTTPScope) -> Head | None:
    """The head of a request as ASGI has it; None where it is not plain."""
    headers = once(list(scope["headers"]))
    if headers is None or scope["root_path"]:
        return None
    return Head(scope["method"], scope["path"], scope["query_string"], headers, scope["scheme"] == "https")


def is_plain_get(head: Head) -> bool:
    """Whether it is a GET without a body."""
    return b"content-length" not in head.headers and b"content-type" not in head.headers and _is_plain(head)


def is_plain_post(head: Head) -> bool:
    """Whether it is a POST of JSON with an `Authorization`."""
    headers = head.headers
    return (
        not head.query
        and b"content-length" in headers
        and b"authorization" in headers
        and headers.get(b"content-type") in _JSON
        and _is_plain(head)
    )


def _is_plain(head: Head) -> bool:
    if not _UNUSUAL.isdisjoint(head.headers) or (settings.SECURE_SSL_REDIRECT and not head.over_https):
        return False
    return _is_ours(head.headers.get(b"host", b""))


@lru_cache(maxsize=256)
def _is_ours(host: bytes) -> bool:
    # As Django's own HttpRequest.get_host, whose answer to a foreign host is a page's or the API's.
    domain, _ = split_domain_port(host.decode("latin-1"))
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
