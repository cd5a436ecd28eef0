"""What the law gives every player: a copy of what is kept about them, and to be forgotten."""

from __future__ import annotations

from django.contrib import auth
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from frontend.account.downloads import Download
from frontend.account.forms import DataForm, DeleteForm
from frontend.account.pages import FORM_METHODS, account_page, address_of, member_page, sent, show
from scores import accounts, data_rights
from scores.models import Player


@require_http_methods(FORM_METHODS)
@member_page
def download(request: HttpRequest, player: Player) -> HttpResponseBase:
    """Everything that is kept about the player, as a JSON file."""
    form = DataForm(sent(request))
    with form:
        if form.is_valid():
            return StreamingHttpResponse(
                Download(data_rights.export(player.pk)),
                content_type="application/json",
                headers={"Content-Disposition": f'attachment; filename="rankcast-player-{player.pk}.json"'},
            )
    return show(request, "data", form, player=player)


@require_http_methods(FORM_METHODS)
@member_page
def delete(request: HttpRequest, player: Player) -> HttpResponse:
    """The end of the account, for who knows its password. Staff give up their access first."""
    if player.is_staff:
        return render(request, "frontend/account/delete_staff.html", {"player": player})
    form = DeleteForm(sent(request))
    with form:
        if form.is_valid():
            accounts.login(player.username, form.cleaned_data["password"], address=address_of(request))
            data_rights.erase(user_id=player.pk, by=player.pk, reason="Asked for by the player.")
            auth.logout(request)
            return redirect("frontend:account:deleted")
    return show(request, "delete", form, player=player)


@require_safe
@account_page
def deleted(request: HttpRequest) -> HttpResponse:
    """Says that it is done."""
    return render(request, "frontend/account/deleted.html")
