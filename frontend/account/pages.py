"""What all pages of the account have in common: no cache keeps them, and an outage is said in words."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.debug import sensitive_post_parameters

from frontend.account.account_form import AccountForm
from frontend.account.telling import RETRY_S
from scores.models import Player

FORM_METHODS: Final = ["GET", "HEAD", "POST"]

Arguments = ParamSpec("Arguments")
View = Callable[Concatenate[HttpRequest, Arguments], HttpResponseBase]
MemberView = Callable[Concatenate[HttpRequest, Player, Arguments], HttpResponseBase]


def account_page(view: View[Arguments]) -> View[Arguments]:
    """A page of the account, for everybody."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except (OperationalError, InterfaceError):
            # A page that was only asked for comes back by itself; a form must not be sent by itself.
            template = "frontend/account/not_now.html" if request.method == "POST" else "frontend/unavailable.html"
            response = render(request, template, {"retry_s": RETRY_S}, status=503)
            response["Retry-After"] = str(RETRY_S)
            return response

    # Neither the next person at this browser nor a proxy may find what it showed.
    return sensitive_post_parameters()(cache_control(no_store=True)(answer))


def member_page(view: MemberView[Arguments]) -> View[Arguments]:
    """A page of the account, for the player who is logged in; everybody else is asked to log in first."""

    @wraps(view)
    def answer(request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponseBase:
        if isinstance(request.user, Player):
            return view(request, request.user, *args, **kwargs)
        if request.method == "POST":
            messages.warning(request, "You were logged out meanwhile. Log in, then send it again.")
            return redirect_to_login(request.path, login_url())
        return redirect_to_login(request.get_full_path(), login_url())

    return account_page(answer)


def show(request: HttpRequest, page: str, form: AccountForm, **context: Any) -> HttpResponse:
    """A page with a form on it, with the status and the errors of the form."""
    form.lead_to_error()
    response = render(request, f"frontend/account/{page}.html", {"form": form, **context}, status=form.status)
    if form.retry_after_s is not None:
        response["Retry-After"] = str(form.retry_after_s)
    return response


def sent(request: HttpRequest) -> Any:
    """What a form is made from: the fields that were sent, None where the page was only asked for."""
    return request.POST if request.method == "POST" else None


def address_of(request: HttpRequest) -> str:
    """The client's address, under which its attempts are counted."""
    address: str = request.META.get("REMOTE_ADDR", "")
    return address


def next_of(request: HttpRequest) -> str:
    """Where to go after logging in: a path of this site that was asked for, else the account."""
    path = request.POST.get("next") or request.GET.get("next", "")
    # Without allowed hosts, an address that names one is refused, ours included.
    if path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        return path
    return reverse("frontend:account:overview")


def login_url() -> str:
    """Where people log in."""
    return reverse("frontend:account:login")
