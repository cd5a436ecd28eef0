"""Decisions about several rows that somebody selected in a list."""

from __future__ import annotations

from typing import Any, Protocol

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse

from scores.admin import confirmation, outcome
from scores.admin.decision import Decision
from scores.admin.finding import is_id
from scores.admin.links import id_of


class Listing(confirmation.Deciding, Protocol):
    """The admin of the list."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]: ...  # noqa: D102


def ask(
    decision: Decision[Any], admin: Listing, request: HttpRequest, selected: QuerySet[Any]
) -> HttpResponseBase | None:
    """The page of the decision; None, which leads back to the list, where the rows are too many."""
    rows = list(selected[: decision.most + 1])
    if len(rows) > decision.most:
        messages.error(request, f"Select at most {decision.most:,} at once: nothing was changed.")
        return None
    return confirmation.page(admin, request, decision, decision.form(), rows, filters=request.GET.urlencode())


def decide(admin: Listing, request: HttpRequest, decision: Decision[Any]) -> HttpResponseBase:
    """Decide about the rows that the page carried, and tell what became of them.

    Raises:
        Http404: this is decided about one row at a time.
        BadRequest: rows that no page of ours carries.
    """
    if decision.most == 1:
        raise Http404
    ids = request.POST.get("rows", "").split(",")
    if len(ids) > decision.most or not all(map(is_id, ids)):
        raise BadRequest("rows that no page offered")
    rows = list(admin.get_queryset(request).filter(pk__in=ids))
    filters = request.POST.get("filters", "")
    form = decision.form(request.POST)
    if form.is_valid():
        by = id_of(request)
        obstacles = [decision.obstacle(row, by) for row in rows]
        able = [row for row, obstacle in zip(rows, obstacles, strict=True) if not obstacle]
        result = outcome.decide_about(decision, able, form.cleaned_data, by=by)
        if result.done or not result.failures:
            outcome.tell(request, admin.opts, decision, done=result.done, idle=result.idle)
            outcome.tell_left(request, [*filter(None, obstacles), *result.failures], gone=len(ids) - len(rows))
            listed = reverse(f"admin:{admin.opts.app_label}_{admin.opts.model_name}_changelist")
            return HttpResponseRedirect(f"{listed}?{filters}" if filters else listed)
        for failure in dict.fromkeys(result.failures):
            form.add_error(None, failure)
    return confirmation.page(admin, request, decision, form, rows, filters=filters)
