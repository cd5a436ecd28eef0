"""The page that stands before every decision: what it is about, how that is now, what would follow, and why."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, Protocol

from django.contrib.admin import AdminSite
from django.db.models.options import Options
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from scores.admin.decision import Decision, DecisionForm
from scores.admin.links import id_of
from scores.admin.outcome import counted

_SHOWN: Final = 20  # of the rows that are decided about at once


class Deciding(Protocol):
    """The admin whose rows are decided about, as far as its page needs it."""

    admin_site: AdminSite
    opts: Options[Any]

    def state_of(self, row: Any) -> str: ...  # noqa: D102
    def facts_of(self, row: Any) -> Sequence[tuple[str, object]]: ...  # noqa: D102


def page(
    admin: Deciding,
    request: HttpRequest,
    decision: Decision[Any],
    form: DecisionForm,
    rows: Sequence[Any],
    *,
    row: Any = None,
    filters: str = "",
) -> HttpResponse:
    """The page; its status is 409 where a decision was refused.

    Args:
        admin: whose rows they are.
        request: from the person who decides.
        decision: what they are about to do.
        form: what they are asked; with errors where they tried already.
        rows: what it is about.
        row: the same where it is about one from its own page.
        filters: of the list that it is about several from, to go back to it.
    """
    by = id_of(request)
    obstacles = [obstacle for one in rows if (obstacle := decision.obstacle(one, by))]
    if row is not None and not form.is_bound:
        form.initial["seen"] = admin.state_of(row)
    context = {
        **admin.admin_site.each_context(request),
        "title": decision.label if row is not None else f"{decision.label}: {counted(len(rows), admin.opts)}",
        "subtitle": str(row) if row is not None else None,
        "opts": admin.opts,
        "decision": decision,
        "form": form,
        "row": row,
        # In one field: Django takes at most a thousand of them.
        "ids": ",".join(str(one.pk) for one in rows),
        "shown": [(one, admin.state_of(one), admin.facts_of(one)) for one in rows[:_SHOWN]],
        "more": max(len(rows) - _SHOWN, 0),
        "obstacles": dict.fromkeys(obstacles),
        "left_out": len(obstacles),
        "impossible": len(obstacles) == len(rows),
        "filters": filters,
    }
    refused = form.is_bound and form.non_field_errors()
    status = HTTPStatus.CONFLICT if refused else HTTPStatus.OK
    return TemplateResponse(request, "admin/scores/decide.html", context, status=status)
