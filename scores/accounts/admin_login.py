"""The admin's way in: the same counted, bounded login as everybody's."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, Final

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.debug import sensitive_variables
from typing_extensions import override

from scores import accounts
from scores.accounts import limits, throttle
from scores.accounts.errors import TooMany, WrongCredentials
from scores.errors import ValkeyUnavailable
from scores.models import Player

View = Callable[..., HttpResponse]

_RETRY_AFTER_S: Final = 1  # while Valkey is away


class AdminLoginForm(AdminAuthenticationForm):
    """Django's form for staff, with `accounts.login` behind it. A player who is no staff is told what a stranger is."""

    #: Why nobody could log in, whatever they typed: the status of the answer, and when to come again.
    refusal: tuple[HTTPStatus, int] | None = None

    @sensitive_variables()
    @override
    def clean(self) -> dict[str, Any]:
        """Find the player, or say why not."""
        username, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if username and password:
            player = self._logged_in(username, password)
            self.confirm_login_allowed(player)
            self.user_cache = player
        return self.cleaned_data

    def _logged_in(self, username: str, password: str) -> Player:
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        try:
            return accounts.login(username, password, address=address)
        except WrongCredentials as error:
            raise self.get_invalid_login_error() from error
        except TooMany as error:
            self.refusal = HTTPStatus.TOO_MANY_REQUESTS, error.retry_after_s
            raise forms.ValidationError(str(error), code="too_many_requests") from error
        except ValkeyUnavailable as error:
            self.refusal = HTTPStatus.SERVICE_UNAVAILABLE, _RETRY_AFTER_S
            raise forms.ValidationError("Nobody can log in now. Try again soon.", code="unavailable") from error


def guard(site: AdminSite) -> None:
    """Let the site use our login, and count changes of passwords. Before the site's addresses are made."""
    site.login_form = AdminLoginForm
    site.login = _telling_by_status(site.login)  # type: ignore[method-assign]
    site.password_change = _counted(site.password_change)  # type: ignore[method-assign,assignment]


def _telling_by_status(view: View) -> View:
    """Django answers 200 with the form, whatever is wrong with it; monitors and proxies read the status."""

    @wraps(view)
    def login(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        form = (response.context_data or {}).get("form") if isinstance(response, TemplateResponse) else None
        if isinstance(form, AdminLoginForm) and form.refusal is not None:
            response.status_code, retry_after_s = form.refusal
            response["Retry-After"] = str(retry_after_s)
        return response

    return login


def _counted(view: View) -> View:
    """Whoever found an open session must not guess the password behind it. `TellTooMany` makes it a 429."""

    @wraps(view)
    def password_change(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST":
            throttle.take(limits.current().password_by_player, "password", str(request.user.pk))
        return view(request, *args, **kwargs)

    return password_change
