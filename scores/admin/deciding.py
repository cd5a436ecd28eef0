"""Decisions as buttons on pages and actions on lists, each through a page of its own that asks why."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods, require_POST
from typing_extensions import override

from scores.admin import confirmation, outcome, selected
from scores.admin.alone import alone
from scores.admin.audited import AuditedAdmin
from scores.admin.decision import Decision, DecisionForm
from scores.admin.finding import is_id
from scores.admin.links import id_of
from scores.errors import Refused

_BUSY = "The ledger is busy: nothing was changed. Try again in a moment."


class DecidingAdmin(AuditedAdmin):
    """An admin whose rows are decided about."""

    decisions: ClassVar[Sequence[Decision[Any]]] = ()
    change_form_template = "admin/scores/change_form.html"

    def state_of(self, row: Any) -> str:
        """How the row is now, in words: shown before a decision, and compared when it is made."""
        raise NotImplementedError

    def facts_of(self, row: Any) -> Sequence[tuple[str, object]]:
        """What else to know before deciding, as labels and values."""
        return ()

    @override
    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_decide"
        wrap = self.admin_site.admin_view
        return [
            path("<int:object_id>/decide/<slug:decision>/", wrap(self.decide_view), name=name),
            path("decide/<slug:decision>/", wrap(self.decide_about_selected_view), name=f"{name}_selected"),
            *super().get_urls(),
        ]

    @override
    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {
            decision.name: (partial(selected.ask, decision), decision.name, f"{decision.label} selected…")
            for decision in self.decisions
            if decision.most > 1 and request.user.has_perm(decision.permission)
        }

    @override
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id) if is_id(object_id) else None
        context = self.page_context(request, row) if row is not None else {}
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the template of a row's page is given besides what Django gives."""
        by = id_of(request)
        return {
            "decisions": [
                decision
                for decision in self.decisions
                if request.user.has_perm(decision.permission) and not decision.obstacle(row, by)
            ]
        }

    @method_decorator(require_http_methods(["GET", "POST"]))
    def decide_view(self, request: HttpRequest, object_id: int, decision: str) -> HttpResponseBase:
        """The page of a decision about one row: GET asks, POST decides.

        Raises:
            PermissionDenied: this person may not.
            Http404: no such row, or no such decision.
        """
        chosen = self._chosen(request, decision)
        row = self.get_object(request, str(object_id)) if is_id(str(object_id)) else None
        if row is None:
            raise Http404
        form = chosen.form(request.POST or None, row=row, initial=chosen.initial(row))
        if request.method == "POST" and form.is_valid():
            try:
                return self._decide_about_one(request, chosen, row, form)
            except _Stale as stale:
                row = stale.row
                form.add_error(None, f"This changed while you decided. {_sentence(self.state_of(row))} Look again.")
            except (Refused, OperationalError) as error:
                form.add_error(None, error.detail if isinstance(error, Refused) else _BUSY)
        if form.is_bound:  # the page shows the row as it is now, and carries that
            form.data = {**{name: request.POST[name] for name in request.POST}, "seen": self.state_of(row)}
        return confirmation.page(self, request, chosen, form, [row], row=row)

    def _decide_about_one(
        self, request: HttpRequest, decision: Decision[Any], row: Model, form: DecisionForm
    ) -> HttpResponseBase:
        by = id_of(request)
        # Behind the gate nobody else decides: what the page showed is compared and changed in one piece.
        with alone():
            now = self.get_object(request, str(row.pk))
            if now is None or self.state_of(now) != form.cleaned_data["seen"] or decision.obstacle(now, by):
                raise _Stale(now or row)
            done = decision.decide([now], form.cleaned_data, by=by)
        if answer := decision.answer(request, now):
            return answer
        outcome.tell(request, self.opts, decision, done=done, idle=1 - done)
        return HttpResponseRedirect(self._address_after(request, now))

    def _address_after(self, request: HttpRequest, row: Model) -> str:
        exists = self.get_queryset(request).filter(pk=row.pk).exists()
        table = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        return reverse(f"{table}_change", args=[row.pk]) if exists else reverse(f"{table}_changelist")

    @method_decorator(require_POST)
    def decide_about_selected_view(self, request: HttpRequest, decision: str) -> HttpResponseBase:
        """Decides about the rows that the page of a decision carries; see `selected`."""
        return selected.decide(self, request, self._chosen(request, decision))

    def _chosen(self, request: HttpRequest, name: str) -> Decision[Any]:
        chosen = next((decision for decision in self.decisions if decision.name == name), None)
        if chosen is None:
            raise Http404
        if not request.user.has_perm(chosen.permission):
            raise PermissionDenied
        return chosen


class _Stale(Exception):
    """The row is not as the page showed it any more."""

    def __init__(self, row: Any) -> None:
        super().__init__()
        self.row = row


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}{'' if words.endswith('.') else '.'}"
