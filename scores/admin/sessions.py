"""Sessions: everything that was ever submitted, found by player or among the latest, voided through the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from typing_extensions import override

from scores.admin import session_filters
from scores.admin.deciding import DecidingAdmin
from scores.admin.finding import find
from scores.admin.links import to_player
from scores.admin.paging import ROWS_PER_PAGE, BoundedPaginator
from scores.admin.session_decisions import Unvoid, Void
from scores.admin.times import column, moment
from scores.admin.trail_words import told
from scores.audit import Subject
from scores.models import AuditEntry, GameSession, Suspicion

_RECORDED: Final = column("recorded_at", "recorded")
_COLUMNS: Final[Any] = ("id", "player", "points", "kind", "game_mode", "outcome", _RECORDED, "client", "counts")
_LINES: Final[Any] = (*_COLUMNS[:6], column("timestamp", "counts at"), *_COLUMNS[6:])


@admin.register(GameSession)
class GameSessionAdmin(DecidingAdmin):
    """Sessions are looked at and voided, never edited."""

    subject = Subject.SESSION
    decisions = (Void(), Unvoid())
    fields = _LINES
    list_display = _COLUMNS
    list_select_related = ("user", "client")
    sortable_by = ()
    list_filter = (
        session_filters.SessionTimeFilter,
        session_filters.SessionPlayerFilter,
        session_filters.GameModeFilter,
        session_filters.ScoreFilter,
        session_filters.KindFilter,
        session_filters.HeldFilter,
        session_filters.VoidedFilter,
    )
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-id",)
    search_fields = ("user",)
    search_help_text = "A player: the beginning of the name, or the id."
    paginator = BoundedPaginator
    list_per_page = list_max_show_all = ROWS_PER_PAGE
    show_full_result_count = False

    @override
    def state_of(self, row: GameSession) -> str:
        if row.voided_at is not None:
            return f"void since {moment(row.voided_at)}"
        return "counts" if row.held_at is None else f"held since {moment(row.held_at)}, until a moderator lets it pass"

    @override
    def facts_of(self, row: GameSession) -> Sequence[tuple[str, object]]:
        score = f"{row.score:,} points"
        return [("player", row.user.username), ("score", score), ("played", moment(row.timestamp))]

    @override
    def page_context(self, request: HttpRequest, row: GameSession) -> dict[str, Any]:
        entries = AuditEntry.objects.filter(subject_type=Subject.SESSION, subject_id=row.pk)
        with_names = entries.select_related("actor", "player", "former_name").order_by("-id")[:50]
        return {
            **super().page_context(request, row),
            "suspicions": Suspicion.objects.filter(session_id=row.pk).select_related("board").order_by("id"),
            "history": [told(entry) for entry in with_names],
            "history_filter": f"about={Subject.SESSION}:{row.pk}",
        }

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[GameSession]:
        return super().get_queryset(request).select_related("user", "client")

    @admin.display(description="player")
    def player(self, session: GameSession) -> SafeString:
        """Whose session it is."""
        return to_player(session.user)

    @admin.display(description="score")
    def points(self, session: GameSession) -> str:
        """The score with commas."""
        return f"{session.score:,}"

    @admin.display(description="state")
    def counts(self, session: GameSession) -> str:
        """Whether it counts."""
        return self.state_of(session)

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
