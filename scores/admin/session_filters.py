"""What the list of sessions is narrowed by: by player, or else among the latest sessions of the time chosen."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest
from typing_extensions import override

from scores import ledger
from scores.admin.bounds import latest
from scores.admin.filters import AskingFilter, PlayerFilter, TimeFilter
from scores.models import GameSession

_RECENT: Final = 1000  # sessions whose modes are offered


class SessionTimeFilter(TimeFilter):
    """By when sessions were recorded."""

    scanning = frozenset({"mode", "least", "kind", "held", "voided"})


class SessionPlayerFilter(PlayerFilter):
    """One player's sessions."""

    column = "user_id"


class GameModeFilter(admin.SimpleListFilter):
    """By game mode: those of the latest sessions are offered."""

    title = "game mode"
    parameter_name = "mode"

    @override
    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        recent = latest(GameSession.objects.order_by(), _RECENT)
        modes = set(recent.values_list("game_mode", flat=True).distinct()) | set(request.GET.getlist("mode"))
        return [(mode, mode) for mode in sorted(modes)]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[GameSession]) -> QuerySet[GameSession]:
        value = self.value()
        return queryset if value is None else queryset.filter(game_mode=value)


class ScoreFilter(AskingFilter):
    """By score: at least so many points."""

    title = "score"
    template = "admin/scores/filters/least.html"
    parameters = ("least",)

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[GameSession]) -> QuerySet[GameSession]:
        given = self.given["least"]
        if not given:
            return queryset
        try:
            least = int(given[:20])
        except ValueError as error:
            raise IncorrectLookupParameters from error
        if abs(least) > ledger.MAXIMUM:
            raise IncorrectLookupParameters
        return queryset.filter(score__gte=least)


class KindFilter(admin.SimpleListFilter):
    """By where the score comes from."""

    title = "kind"
    parameter_name = "kind"

    @override
    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [(kind.value, kind.label) for kind in GameSession.Kind]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[GameSession]) -> QuerySet[GameSession]:
        value = self.value()
        return queryset if value is None else queryset.filter(kind=value)


class _SinceFilter(admin.SimpleListFilter):
    """By whether something has happened to the session, which the moment in a column says."""

    column: ClassVar[str]

    @override
    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        return [("no", "No"), ("yes", "Yes")]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[GameSession]) -> QuerySet[GameSession]:
        value = self.value()
        return queryset if value is None else queryset.filter(**{f"{self.column}__isnull": value != "yes"})


class HeldFilter(_SinceFilter):
    """By whether the session waits for a moderator."""

    title = "held"
    parameter_name = "held"
    column = "held_at"


class VoidedFilter(_SinceFilter):
    """By whether the session was voided."""

    title = "voided"
    parameter_name = "voided"
    column = "voided_at"
