"""The queue of suspicious sessions: open ones first, each let pass or rejected through the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString
from typing_extensions import override

from scores.admin.bounds import latest
from scores.admin.deciding import DecidingAdmin
from scores.admin.filters import PlayerFilter
from scores.admin.finding import find
from scores.admin.links import to_player, to_session
from scores.admin.paging import ROWS_PER_PAGE, BoundedPaginator
from scores.admin.times import column
from scores.admin.verdicts import LetPass, Reject
from scores.audit import Subject
from scores.models import GameSession, Suspicion

_FOUND: Final = column("created_at", "found")
_COLUMNS: Final[Any] = (
    "session", "player_link", "score", "kind", "bound", "seen", "board", "is_held", _FOUND, "verdict",
)  # fmt: skip


class VerdictFilter(admin.SimpleListFilter):
    """What waits for a decision, unless asked otherwise."""

    title = "decision"
    parameter_name = "verdict"

    @override
    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("decided", "Decided"), ("all", "All")]

    @override
    def choices(self, changelist: Any) -> Iterator[Any]:
        link = changelist.get_query_string(remove=[self.parameter_name])
        yield {"selected": self.value() is None, "query_string": link, "display": "Open"}
        for value, display in self.lookup_choices:
            link = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": self.value() == value, "query_string": link, "display": display}

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[Suspicion]) -> QuerySet[Suspicion]:
        value = self.value()
        if value is None:
            return queryset.filter(verdict=Suspicion.Verdict.OPEN)  # all of them stand in an index
        among = queryset if request.GET.get("q") or request.GET.get("player") else latest(queryset)
        return among.exclude(verdict=Suspicion.Verdict.OPEN) if value == "decided" else among


@admin.register(Suspicion)
class SuspicionAdmin(DecidingAdmin):
    """Suspicions are decided about, never edited."""

    subject = Subject.SESSION
    decisions = (LetPass(), Reject())
    fields = list_display = _COLUMNS
    list_display_links = ("verdict",)
    list_select_related = ("player", "board")
    sortable_by = ()
    list_filter = (VerdictFilter, "kind", "held", PlayerFilter)
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-id",)
    search_fields = ("player",)
    search_help_text = "A player: the beginning of the name, or the id."
    paginator = BoundedPaginator
    list_per_page = list_max_show_all = ROWS_PER_PAGE
    show_full_result_count = False

    @override
    def state_of(self, row: Suspicion) -> str:
        waits = " and held" if row.held else ", and the session counts meanwhile"
        return f"open{waits}" if row.verdict == Suspicion.Verdict.OPEN else row.get_verdict_display()

    @override
    def facts_of(self, row: Suspicion) -> Sequence[tuple[str, object]]:
        found = f"{row.observed:,} {row.get_kind_display()}, above {row.threshold:,} on {row.board}"
        return [("player", row.player.username), ("session", row.session_id), ("found", found)]

    @override
    def get_queryset(self, request: HttpRequest) -> QuerySet[Suspicion]:
        sessions = GameSession.objects.filter(pk=OuterRef("session_id")).order_by().values("score")[:1]
        suspicions: QuerySet[Suspicion] = super().get_queryset(request)
        return suspicions.annotate(score=Subquery(sessions))

    @override
    def about(self, row: Suspicion) -> str:
        return f"{self.subject}:{row.session_id}"

    @admin.display(description="session")
    def session(self, suspicion: Suspicion) -> SafeString:
        """The session, with the way to its page."""
        return to_session(suspicion.session_id)

    @admin.display(description="player")
    def player_link(self, suspicion: Suspicion) -> SafeString:
        """Whose session it is."""
        return to_player(suspicion.player)

    @admin.display(description="score")
    def score(self, suspicion: Any) -> str:
        """The session's score, which the query adds."""
        return f"{suspicion.score:,}"

    @admin.display(description="threshold")
    def bound(self, suspicion: Suspicion) -> str:
        """The rule's threshold at that time."""
        return f"{suspicion.threshold:,}"

    @admin.display(description="observed")
    def seen(self, suspicion: Suspicion) -> str:
        """What was measured."""
        return f"{suspicion.observed:,}"

    @admin.display(description="held")
    def is_held(self, suspicion: Suspicion) -> str:
        """Whether the session waits for the decision."""
        return "held" if suspicion.held else "no"

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Suspicion], search_term: str
    ) -> tuple[QuerySet[Suspicion], bool]:
        return (queryset.filter(player_id__in=find(search_term)) if search_term else queryset), False

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
