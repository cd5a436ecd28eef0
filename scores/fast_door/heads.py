"""The heads of requests that are plain enough for the fast door. Whatever looks unusual is for Django to judge."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.http.request import split_domain_port, validate_host

if TYPE_CHECKING:
    from asgiref.typing import HTTPScope

Headers = dict[bytes, bytes]

#: With one of these a request is not plain. Of a cookie only Django knows what it means; a content encoding,
#: a transfer without a length and an expectation are refused or met elsewhere.
_UNUSUAL: Final = frozenset({b"cookie", b"content-encoding", b"transfer-encoding", b"expect", b"upgrade"})
_JSON: Final = frozenset({b"application/json", b"application/json; charset=utf-8", b"application/json;charset=utf-8"})


def plain_get(scope: HTTPScope) -> Headers | None:
    """The headers of a GET without a body, by lower-case name; None: not plain."""
    headers = _plain(scope)
    if headers is None or b"content-length" in headers or b"content-type" in headers:
        return None
    return headers


def plain_post(scope: HTTPScope) -> Headers | None:
    """The headers of a POST of JSON with an `Authorization`, by lower-case name; None: not plain."""
    headers = _plain(scope)
    if headers is None or scope["query_string"] or b"content-length" not in headers:
        return None
    return headers if headers.get(b"content-type") in _JSON and b"authorization" in headers else None


def _plain(scope: HTTPScope) -> Headers | None:
    sent = list(scope["headers"])
    headers = dict(sent)
    if len(headers) != len(sent) or not _UNUSUAL.isdisjoint(headers):
        return None
    if scope["root_path"] or (settings.SECURE_SSL_REDIRECT and scope["scheme"] != "https"):
        return None
    return headers if _is_ours(headers.get(b"host", b"")) else None


@lru_cache(maxsize=256)
def _is_ours(host: bytes) -> bool:
    # As Django's own HttpRequest.get_host, whose answer to a foreign host is a page's or the API's.
    domain, _ = split_domain_port(host.decode("latin-1"))
    return bool(domain) and validate_host(domain, settings.ALLOWED_HOSTS)
