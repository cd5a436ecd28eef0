"""Errors on their way out: whatever was raised becomes one `{"error": {...}}`, here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response

from scores import errors, names
from scores.accounts import errors as account_errors
from scores.api.answers import StructRenderer
from scores.api.codes import Code
from scores.api.contract import Error, ErrorAnswer

_PREFIXES = ("/api/", "/v1/")
_RETRY_AFTER_S = 1


class ApiError(Exception):
    """A request that fails: its code, a sentence for people, and the fields that are to blame."""

    def __init__(
        self, code: Code, detail: str = "", *, fields: Sequence[str] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail or code.meaning)
        self.code = code
        self.detail = detail or code.meaning
        self.fields = tuple(fields)
        self.headers = dict(headers or {})

    @property
    def error(self) -> Error:
        """The error as it is told to the client."""
        return Error(code=self.code.value, detail=self.detail, fields=self.fields or msgspec.UNSET)


def to_api_error(exception: Exception) -> ApiError | None:
    """The error that the client is told for an exception; None for a defect of ours."""
    for kinds, translate in _TRANSLATIONS:
        if isinstance(exception, kinds):
            return translate(exception)
    return None


def exception_handler(exception: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's hook. None re-raises: Django logs the traceback and calls `server_error`."""
    error = to_api_error(exception)
    if error is None:
        return None
    # The view's own renderer may know documents or pages only.
    context["request"].accepted_renderer = StructRenderer()
    context["request"].accepted_media_type = StructRenderer.media_type
    response = Response(ErrorAnswer(error.error), status=error.code.status, headers=error.headers)
    # An outage is logged where it is noticed, once per batch; Django would add a line per request.
    response._has_been_logged = True  # type: ignore[attr-defined]  # noqa: SLF001  Django's own mark
    return response


# --- Django's own handlers, named in the root URL configuration ---------------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """400: what Django itself refuses, such as a foreign Host."""
    return _told(request, Code.BAD_REQUEST) or defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """403 outside of DRF's views."""
    return _told(request, Code.FORBIDDEN) or defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404 for an address that no pattern matches."""
    return _told(request, Code.NOT_FOUND) or defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """500, after Django has logged the traceback."""
    return _told(request, Code.INTERNAL_ERROR) or defaults.server_error(request)


def _told(request: HttpRequest, code: Code) -> HttpResponse | None:
    if not request.path.startswith(_PREFIXES):
        return None  # a page, for people
    body = msgspec.json.encode(ErrorAnswer(ApiError(code).error))
    return HttpResponse(body, status=code.status, content_type="application/json")


# --- What each exception is told as -------------------------------------------------------------


def ledger_error(exception: errors.Refused | errors.LedgerUnavailable) -> ApiError:
    """What the ledger said about one session."""
    if isinstance(exception, errors.Refused):
        return ApiError(Code(exception.code), exception.detail)
    code = Code.OUTCOME_UNKNOWN if exception.outcome_unknown else Code.UNAVAILABLE
    return ApiError(code, str(exception), headers={"Retry-After": str(exception.retry_after_s)})


def _too_many(exception: account_errors.TooMany) -> ApiError:
    return ApiError(Code.TOO_MANY_REQUESTS, str(exception), headers={"Retry-After": str(exception.retry_after_s)})


def _of_drf(exception: exceptions.APIException) -> ApiError:
    if exception.status_code == Code.METHOD_NOT_ALLOWED.status:
        return ApiError(Code.METHOD_NOT_ALLOWED, str(exception.detail))
    code = _BY_STATUS.get(exception.status_code, Code.BAD_REQUEST)
    challenge = getattr(exception, "auth_header", None)  # set by APIView for a 401
    return ApiError(code, headers={"WWW-Authenticate": challenge} if challenge else None)


_BY_STATUS: dict[int, Code] = {
    HTTPStatus.UNAUTHORIZED: Code.AUTHENTICATION_REQUIRED,
    HTTPStatus.FORBIDDEN: Code.FORBIDDEN,
    HTTPStatus.NOT_FOUND: Code.NOT_FOUND,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: Code.UNSUPPORTED_MEDIA_TYPE,
}

_TRANSLATIONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Any], ApiError]], ...] = (
    (ApiError, lambda error: error),
    ((errors.Refused, errors.LedgerUnavailable), ledger_error),
    (errors.UnknownBoard, lambda _: ApiError(Code.UNKNOWN_BOARD, fields=["board"])),
    (errors.UnknownPlayer, lambda _: ApiError(Code.UNKNOWN_PLAYER)),
    (account_errors.TooMany, _too_many),
    (account_errors.WrongCredentials, lambda _: ApiError(Code.WRONG_CREDENTIALS)),
    (account_errors.NameTaken, lambda _: ApiError(Code.NAME_TAKEN, fields=["username"])),
    (account_errors.SignupClosed, lambda _: ApiError(Code.SIGNUP_CLOSED)),
    (names.InvalidName, lambda error: ApiError(Code.INVALID_USERNAME, str(error), fields=["username"])),
    (
        (errors.RanksUnavailable, OperationalError, InterfaceError),
        lambda _: ApiError(Code.UNAVAILABLE, headers={"Retry-After": str(_RETRY_AFTER_S)}),
    ),
    (exceptions.APIException, _of_drf),
    (Http404, lambda _: ApiError(Code.NOT_FOUND)),
    (PermissionDenied, lambda _: ApiError(Code.FORBIDDEN)),
    (SuspiciousOperation, lambda _: ApiError(Code.BAD_REQUEST)),
)
