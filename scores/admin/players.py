"""Players: found by name or id, looked at, and decided about through the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from typing_extensions import override

from scores.admin import player_page
from scores.admin.accounts import AccountAdmin
from scores.admin.deciding import DecidingAdmin
from scores.admin.finding import find
from scores.admin.links import link, list_of
from scores.admin.paging import ROWS_PER_PAGE, BoundedPaginator
from scores.admin.player_decisions import Adjust, Ban, ChangeBan, Erase, Export, Rename, Unban
from scores.admin.times import column, moment
from scores.audit import Subject
from scores.models import Player

_JOINED: Final = column("join_date", "joined")
_FACTS: Final[Any] = ("username", "state", "ban", "sessions", _JOINED, column("last_login", "last login"))


@admin.register(Player)
class PlayerAdmin(DecidingAdmin, AccountAdmin):
    """Players and accounts. Moderators decide; only superusers make accounts and give roles."""

    subject = Subject.PLAYER
    decisions = (Ban(), ChangeBan(), Unban(), Rename(), Adjust(), Export(), Erase())
    change_form_template = "admin/scores/player/change_form.html"
    fieldsets = ((None, {"fields": _FACTS}),)
    list_display = ("username", "id", "state", "ban_ends", _JOINED, "staff")
    sortable_by = ("username", "id")
    list_filter = ("state", "is_staff")
    show_facets = admin.ShowFacets.NEVER
    ordering = ("-id",)
    search_fields = ("username",)
    search_help_text = "The beginning of a name, or an id."
    paginator = BoundedPaginator
    list_per_page = list_max_show_all = ROWS_PER_PAGE
    show_full_result_count = False

    @override
    def state_of(self, row: Player) -> str:
        if row.state != Player.State.BANNED:
            return f"{row.username} is {row.state}"
        ends = f"until {moment(row.banned_until)}" if row.banned_until else "for ever"
        return f"{row.username} is banned {ends}: {' '.join(row.ban_reason.split())}"

    @override
    def facts_of(self, row: Player) -> Sequence[tuple[str, object]]:
        return [(standing.board, f"{standing.total_score:,} points") for standing in player_page.standings(row)]

    @override
    def page_context(self, request: HttpRequest, row: Player) -> dict[str, Any]:
        return {**super().page_context(request, row), **player_page.context(row, request.user)}

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return () if obj is None else _FACTS

    @admin.display(description="ban ends", ordering="banned_until")
    def ban_ends(self, player: Player) -> str:
        """When the ban ends by itself."""
        return "" if not player.banned else moment(player.banned_until) if player.banned_until else "never"

    @admin.display(description="staff")
    def staff(self, player: Player) -> str:
        """Whether the player may use the desk."""
        return "superuser" if player.is_superuser else "staff" if player.is_staff else ""

    @admin.display(description="ban")
    def ban(self, player: Player) -> str:
        """The ban's end and reason."""
        if not player.banned:
            return "–"
        ends = f"until {moment(player.banned_until)}" if player.banned_until else "for ever"
        return f"{ends}: {player.ban_reason}"

    @admin.display(description="sessions")
    def sessions(self, player: Player) -> SafeString:
        """The way to the player's sessions."""
        return link(list_of("gamesession", player=player.pk), "Show all")

    @override
    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Player], search_term: str
    ) -> tuple[QuerySet[Player], bool]:
        return (queryset.filter(pk__in=find(search_term)) if search_term else queryset), False
