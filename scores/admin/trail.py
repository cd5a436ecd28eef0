"""The audit trail, to read: who decided what, about whom, why, and what changed."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from typing_extensions import override

from scores.admin import trail_words
from scores.admin.audited import AuditedAdmin
from scores.admin.filters import PlayerFilter, TimeFilter
from scores.admin.finding import find, is_id
from scores.admin.paging import ROWS_PER_PAGE, BoundedPaginator
from scores.admin.times import column
from scores.audit import Subject
from scores.models import AuditEntry

_AT: Final = column("at", "at")
_COLUMNS: Final[Any] = (_AT, "actor_link", "action", "subject_link", "player_link", "reason", "change")


class TrailTimeFilter(TimeFilter):
    """By when it was decided."""

    clock = "at"
    scanning = frozenset({"action__exact", "subject_type__exact"})
    indexed = frozenset({"q", "player", "about"})


class AboutFilter(admin.SimpleListFilter):
    """The entries about one row, such as `session:12`; offered only where somebody came from its page."""

    title = "history of"
    parameter_name = "about"

    @override
    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        value = self.value()
        return [] if value is None else [(value, value.replace(":", " "))]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        value = self.value()
        if value is None:
            return queryset
        kind, _, number = value.partition(":")
        if kind not in Subject.values or not is_id(number):
            raise IncorrectLookupParameters
        if kind == Subject.PLAYER:  # with what was decided about the player's sessions
            return queryset.filter(player_id=int(number))
        return queryset.filter(subject_type=kind, subject_id=int(number))


@admin.register(AuditEntry)
class AuditEntryAdmin(AuditedAdmin):
    """Entries are never edited: the table refuses it too."""

    fields = list_display = _COLUMNS
    list_display_links = (_AT,)
    list_select_related = ("actor", "player", "former_name")
    sortable_by = ()
    list_filter = (TrailTimeFilter, AboutFilter, PlayerFilter, "action", "subject_type")
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-id",)
    search_fields = ("player",)
    search_help_text = "Who decided, or about whom: the beginning of a name, or an id."
    paginator = BoundedPaginator
    list_per_page = list_max_show_all = ROWS_PER_PAGE
    show_full_result_count = False
    actions = None

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        if not search_term:
            return queryset, False
        found = find(search_term)
        return queryset.filter(Q(player_id__in=found) | Q(actor_id__in=found)), False

    @override
    def about(self, row: AuditEntry) -> str:
        return f"{row.subject_type}:{row.subject_id}"

    @admin.display(description="who")
    def actor_link(self, entry: AuditEntry) -> SafeString | str:
        """Who decided."""
        return trail_words.actor(entry)

    @admin.display(description="about")
    def subject_link(self, entry: AuditEntry) -> SafeString:
        """What it was decided about."""
        return trail_words.subject(entry)

    @admin.display(description="player")
    def player_link(self, entry: AuditEntry) -> SafeString | str:
        """The player concerned."""
        return trail_words.player(entry)

    @admin.display(description="before → after")
    def change(self, entry: AuditEntry) -> str:
        """What changed."""
        return trail_words.change(entry)

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
