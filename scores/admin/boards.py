"""Boards and their windows: looked at; only a board's name may be edited."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from typing_extensions import override

from scores.admin.audited import AuditedAdmin
from scores.admin.finding import is_id
from scores.admin.times import column
from scores.audit import Subject
from scores.models import Board, Window

_MADE: Final = column("created_at", "made")
_COLUMNS: Final[Any] = ("slug", "name", _MADE)
_FIXED: Final[Any] = ("slug", _MADE)


@admin.register(Board)
class BoardAdmin(AuditedAdmin):
    """Boards. What decides which sessions count is not edited here: totals would no longer fit it."""

    subject = Subject.BOARD
    told = frozenset({"name"})
    list_display = fields = _COLUMNS
    readonly_fields = _FIXED
    ordering = ("slug",)
    change_form_template = "admin/scores/board/change_form.html"
    actions = None

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        windows = Window.objects.filter(board_id=object_id).order_by("id") if is_id(object_id) else ()
        return super().change_view(request, object_id, form_url, {"windows": windows, **(extra_context or {})})
