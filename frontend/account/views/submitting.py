"""Submitting a session of one's own, by the rules and on the road of the API."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from frontend.account.forms import SubmitForm
from frontend.account.pages import FORM_METHODS, member_page, sent, show
from frontend.account.words import receipt_in_words
from scores.accounts import throttle
from scores.api import submission
from scores.api.codes import Code
from scores.api.errors import ApiError
from scores.api.recording import record_one
from scores.api.submitters import Submitter
from scores.errors import Refused
from scores.ledger import Receipt
from scores.ledger.clients import client_of_player
from scores.models import Player


@require_http_methods(FORM_METHODS)
@member_page
def submit(request: HttpRequest, player: Player) -> HttpResponse:
    """One session; its receipt is shown on the account's page."""
    if not settings.PLAYERS_MAY_SUBMIT:
        return render(request, "frontend/account/submit_closed.html", {"player": player}, status=403)
    form = SubmitForm(sent(request))
    with form:
        if form.is_valid():
            receipt = _record(form, player)
            tell = messages.success if receipt.status == "recorded" else messages.warning
            tell(request, receipt_in_words(receipt))
            return redirect("frontend:account:overview")
    return show(request, "submit", form, player=player)


def _record(form: SubmitForm, player: Player) -> Receipt:
    document = {name: form.cleaned_data[name] for name in ("score", "game_mode", "outcome")}
    throttle.submit(player.pk, 1)
    submitter = Submitter(client_of_player(player.pk), player_id=player.pk)
    try:
        session = submission.read_single(document, submitter=submitter, idempotency_header=form.cleaned_data["key"])
        return record_one(session)
    except (ApiError, Refused) as error:
        # The key may stand for a session that was recorded from this very form, before somebody went back
        # and entered another one. After an outage it must stay: that is when it is needed.
        if error.code in {Code.IDEMPOTENCY_KEY_REUSED, Code.INVALID_IDEMPOTENCY_KEY}:
            form.draw_key()
        raise
