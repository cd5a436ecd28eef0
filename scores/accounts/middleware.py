"""The answer of pages that have none of their own for too much at a time."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse

from scores.accounts.errors import TooMany
from scores.errors import ValkeyUnavailable

_RETRY_AFTER_S: Final = 1


class TellTooMany:
    """Turns `TooMany` into a 429, and a Valkey that cannot count into a 503.

    The API has its own answers. What arrives here comes from forms of Django's that hash passwords,
    such as the admin's, and would be a 500.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The answer to what a view raised; None for everything else."""
        if isinstance(exception, TooMany):
            return _told(str(exception), HTTPStatus.TOO_MANY_REQUESTS, exception.retry_after_s)
        if isinstance(exception, ValkeyUnavailable):
            return _told("This is not possible now. Try again soon.", HTTPStatus.SERVICE_UNAVAILABLE, _RETRY_AFTER_S)
        return None


def _told(sentence: str, status: HTTPStatus, retry_after_s: int) -> HttpResponse:
    headers = {"Retry-After": str(retry_after_s), "Cache-Control": "no-store"}
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8", headers=headers)
