"""Sessions: the audit, found by player, voided through the ledger."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from typing_extensions import override

from scores import ledger
from scores.admin.decisions import DecidingAdmin, Decision
from scores.admin.paging import ROWS_PER_PAGE, BoundedPaginator
from scores.admin.players import find
from scores.models import GameSession

#: No index knows modes or voids, and none should: filters without a player look at this many sessions.
_FILTERED: Final = 100_000
_RECENT: Final = 1000  # sessions whose modes are offered


def _latest(queryset: QuerySet[GameSession], number: int) -> QuerySet[GameSession]:
    newest: int = GameSession.objects.aggregate(newest=Max("id"))["newest"] or 0
    return queryset.filter(id__gt=newest - number)


class _BoundedFilter(admin.SimpleListFilter):
    """A filter that looks at the latest sessions only, or at all of one player's."""

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[GameSession]) -> QuerySet[GameSession]:
        value = self.value()
        if value is None:
            return queryset
        among = queryset if request.GET.get("q") else _latest(queryset, _FILTERED)
        return self.chosen(among, value)

    def chosen(self, queryset: QuerySet[GameSession], value: str) -> QuerySet[GameSession]:
        """Those of the sessions that were asked for."""
        raise NotImplementedError


class GameModeFilter(_BoundedFilter):
    """By game mode: those of the latest sessions are offered."""

    title = "game mode"
    parameter_name = "mode"

    @override
    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        recent = _latest(GameSession.objects.all(), _RECENT).order_by()
        modes = set(recent.values_list("game_mode", flat=True).distinct()) | set(request.GET.getlist("mode"))
        return [(mode, mode) for mode in sorted(modes)]

    @override
    def chosen(self, queryset: QuerySet[GameSession], value: str) -> QuerySet[GameSession]:
        return queryset.filter(game_mode=value)


class VoidedFilter(_BoundedFilter):
    """By whether the session still counts."""

    title = "voided"
    parameter_name = "voided"

    @override
    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("no", "No"), ("yes", "Yes")]

    @override
    def chosen(self, queryset: QuerySet[GameSession], value: str) -> QuerySet[GameSession]:
        return queryset.filter(voided_at__isnull=value != "yes")


@admin.register(GameSession)
class GameSessionAdmin(DecidingAdmin):
    """Sessions are looked at and voided, never edited."""

    decisions = (
        Decision(
            "void",
            "Void",
            "voided",
            lambda session: bool(
                ledger.void_sessions(session_ids=[session.pk], by=None, reason="Decided in the admin site.")
            ),
            lambda session: session.voided_at is None,
        ),
    )
    list_display = ("id", "user", "score", "game_mode", "outcome", "timestamp", "client", "voided_at")
    list_select_related = ("user", "client")
    sortable_by = ()
    list_filter = (GameModeFilter, VoidedFilter)
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-id",)
    search_fields = ("user",)
    search_help_text = "A player: the beginning of the name, or the id."
    paginator = BoundedPaginator
    list_per_page = list_max_show_all = ROWS_PER_PAGE
    show_full_result_count = False

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[GameSession], search_term: str
    ) -> tuple[QuerySet[GameSession], bool]:
        return (queryset.filter(user_id__in=find(search_term)) if search_term else queryset), False

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
