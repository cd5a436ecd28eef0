"""Boards and their windows: looked at; only a board's name may be edited."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from typing_extensions import override

from scores.admin.audited import AuditedAdmin
from scores.audit import Subject
from scores.models import Board, Window


class WindowInline(admin.TabularInline):  # type: ignore[type-arg]  # Django's classes take no parameters at run time
    """The windows of a board, as they are."""

    model = Window
    fields = readonly_fields = ("slug", "starts", "ends", "state")
    extra = 0
    can_delete = False

    @override
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Board)
class BoardAdmin(AuditedAdmin):
    """Boards. What decides which sessions count is not edited here: totals would no longer fit it."""

    subject = Subject.BOARD
    told = frozenset({"name"})
    list_display = ("slug", "name", "created_at")
    fields = ("slug", "name", "created_at")
    readonly_fields = ("slug", "created_at")
    ordering = ("slug",)
    inlines = (WindowInline,)
    actions = None

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False
