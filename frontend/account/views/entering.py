"""Signing up, logging in and out. The session in the cookie is Django's; what counts as right is `scores.accounts`'."""

from __future__ import annotations

from django.conf import settings
from django.contrib import auth, messages
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from frontend.account.forms import LoginForm, SignupForm
from frontend.account.pages import FORM_METHODS, account_page, address_of, login_url, next_of, sent, show
from scores import accounts


@require_http_methods(FORM_METHODS)
@account_page
def sign_up(request: HttpRequest) -> HttpResponse:
    """A new account, logged in at once."""
    if request.user.is_authenticated:
        return redirect(next_of(request))
    if not settings.SIGNUP:
        return render(request, "frontend/account/signup_closed.html", status=403)
    form = SignupForm(sent(request))
    with form:
        if form.is_valid():
            player = accounts.signup(**form.cleaned_data, address=address_of(request))
            auth.login(request, player)
            messages.success(request, f"Welcome, {player.username}.")
            return redirect(next_of(request))
    return show(request, "signup", form, next=next_of(request), rules=password_validators_help_texts())


@require_http_methods(FORM_METHODS)
@account_page
def log_in(request: HttpRequest) -> HttpResponse:
    """Logging in, under a new session key: one that somebody planted before is worth nothing."""
    if request.user.is_authenticated:
        return redirect(next_of(request))
    form = LoginForm(sent(request))
    with form:
        if form.is_valid():
            auth.login(request, accounts.login(**form.cleaned_data, address=address_of(request)))
            return redirect(next_of(request))
    return show(request, "login", form, next=next_of(request), signup_open=settings.SIGNUP)


@require_POST
@account_page
def log_out(request: HttpRequest) -> HttpResponse:
    """Logging out of this browser."""
    auth.logout(request)
    messages.success(request, "You are logged out.")
    return redirect(login_url())
