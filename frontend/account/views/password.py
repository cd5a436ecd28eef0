"""Changing one's password."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from frontend.account.forms import PasswordForm
from frontend.account.pages import FORM_METHODS, address_of, member_page, sent, show
from scores import accounts
from scores.models import Player


@require_http_methods(FORM_METHODS)
@member_page
def change(request: HttpRequest, player: Player) -> HttpResponse:
    """Another password; this browser stays logged in, all others do not."""
    form = PasswordForm(sent(request))
    with form:
        if form.is_valid():
            old, new = form.cleaned_data["old_password"], form.cleaned_data["new_password"]
            accounts.change_password(player, old, new, address=address_of(request))
            update_session_auth_hash(request, player)
            messages.success(request, "Your password is changed. Everywhere else you are logged out.")
            return redirect("frontend:account:overview")
    return show(request, "password", form, player=player, rules=password_validators_help_texts())
