"""Decisions of moderators as actions on lists and buttons on pages, each told, each written to the admin's log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Generic, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST
from typing_extensions import override

_MOST_AT_ONCE: Final = 100  # each passes the gate alone: a hundred are a second, and nobody means more

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Decision(Generic[M]):
    """What a moderator may decide about one row.

    `decide` gives False where there was nothing to do; `applies` says whether to offer the button.
    """

    name: str
    label: str
    done: str
    decide: Callable[[M], bool]
    applies: Callable[[M], bool]


class DecidingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # Django's classes take no parameters at run time
    """An admin whose rows are decided about, and neither deleted nor edited in bulk."""

    decisions: tuple[Decision[Any], ...] = ()

    def may_decide(self, request: HttpRequest) -> bool:
        """Whether this person moderates such rows: whoever has the permission to change them."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    @override
    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        # PostgreSQL has no NUL in text: a filter with one would end in an error of its own.
        if any("\0" in value for values in request.GET.lists() for value in (values[0], *values[1])):
            raise SuspiciousOperation("a NUL in the query")
        if not all(chosen.isascii() and chosen.isdigit() for chosen in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise SuspiciousOperation("a row that is no number")
        return super().changelist_view(request, extra_context)

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @override
    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        if not self.may_decide(request):
            return {}
        return {
            decision.name: (partial(_decide_on_selected, decision), decision.name, f"{decision.label} selected")
            for decision in self.decisions
        }

    @override
    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_decide"
        view = self.admin_site.admin_view(self.decide_view)
        return [path("<int:object_id>/decide/<slug:decision>/", view, name=name), *super().get_urls()]

    @override
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        offered = [decision for decision in self.decisions if row is not None and decision.applies(row)]
        context = {**(extra_context or {}), "decisions": offered if self.may_decide(request) else []}
        return super().change_view(request, object_id, form_url, context)

    @method_decorator(require_POST)
    def decide_view(self, request: HttpRequest, object_id: int, decision: str) -> HttpResponse:
        """The button's address: decides about one row and returns to its page.

        Raises:
            PermissionDenied: this person does not moderate such rows.
            Http404: no such row, or no such decision.
        """
        if not self.may_decide(request):
            raise PermissionDenied
        row = self.get_object(request, str(object_id))
        chosen = next((known for known in self.decisions if known.name == decision), None)
        if row is None or chosen is None:
            raise Http404
        self.decide(request, [row], chosen)
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return HttpResponseRedirect(reverse(page, args=[object_id]))

    def decide(self, request: HttpRequest, rows: Iterable[Model], decision: Decision[Any]) -> None:
        """Decide about the rows, one after the other, and tell what became of it."""
        done = idle = 0
        for row in rows:
            try:
                changed = decision.decide(row)
            except OperationalError:  # the gate was not to be had: what was decided before stays so
                self.message_user(request, f"The ledger is busy: {row} was not {decision.done}.", messages.ERROR)
                break
            if changed:
                self.log_change(request, row, f"{decision.done.capitalize()}.")
            done, idle = done + changed, idle + (not changed)
        if done:
            self.message_user(request, f"{self._counted(done)} {decision.done}.", messages.SUCCESS)
        if idle:
            self.message_user(request, f"{self._counted(idle)} needed nothing.", messages.WARNING)

    def _counted(self, number: int) -> str:
        return f"{number} {self.opts.verbose_name if number == 1 else self.opts.verbose_name_plural}"


def _decide_on_selected(
    decision: Decision[Any], model_admin: DecidingAdmin, request: HttpRequest, selected: QuerySet[Any]
) -> None:
    rows = list(selected[: _MOST_AT_ONCE + 1])
    if len(rows) > _MOST_AT_ONCE:
        model_admin.message_user(request, f"Select at most {_MOST_AT_ONCE} at once.", messages.ERROR)
        return
    model_admin.decide(request, rows, decision)
