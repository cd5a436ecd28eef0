"""Filters that several lists share: by player, and by time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Final

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from typing_extensions import override

from scores.admin.bounds import MOST_SCANNED, first_id_since, newest_id
from scores.admin.finding import is_id
from scores.models import Player

_SPANS: Final = {"1": "Today", "7": "7 days", "30": "30 days"}


class AskingFilter(admin.ListFilter):
    """A filter with fields to fill in: its template is a form, which carries what else was chosen."""

    parameters: ClassVar[tuple[str, ...]]

    def __init__(
        self, request: HttpRequest, params: dict[str, Any], model: type[Any], model_admin: admin.ModelAdmin[Any]
    ) -> None:
        super().__init__(request, params, model, model_admin)
        self.model = model
        self.others: list[tuple[str, str]] = []
        self.given: dict[str, str] = {name: params.pop(name, [""])[-1].strip() for name in self.parameters}
        self.used_parameters.update((name, text) for name, text in self.given.items() if text)

    @override
    def has_output(self) -> bool:
        return True

    @override
    def expected_parameters(self) -> list[str | None]:
        return [*self.parameters]

    @override
    def choices(self, changelist: Any) -> Iterator[Any]:
        self.others = [
            (name, value)
            for name, values in changelist.get_filters_params().items()
            if name not in self.parameters
            for value in values
        ]
        if changelist.query:
            self.others.append(("q", changelist.query))
        yield from self.offered(changelist)

    def offered(self, changelist: Any) -> Iterator[Any]:
        """Links beside the form."""
        yield from ()


class TimeFilter(AskingFilter):
    """By when a row was recorded: today, some days, or from one day to another (UTC, both included).

    Where other filters are chosen and no player, it also bounds how many rows they look at.

    Attributes:
        clock: the field that says when.
        scanning: parameters of filters for which there is no index.
        indexed: parameters that narrow the list by an index: with one of them there is no bound.
    """

    title = "time"
    template = "admin/scores/filters/time.html"
    parameters = ("within", "since", "until")
    clock: ClassVar[str] = "recorded_at"
    scanning: ClassVar[frozenset[str]] = frozenset()
    indexed: ClassVar[frozenset[str]] = frozenset({"q", "player"})

    @override
    def offered(self, changelist: Any) -> Iterator[dict[str, Any]]:
        chosen = self.given["within"]
        nothing = changelist.get_query_string(remove=[*self.parameters])
        yield {"selected": not self.used_parameters, "query_string": nothing, "display": "Any"}
        for within, display in _SPANS.items():
            link = changelist.get_query_string({"within": within}, ["since", "until"])
            yield {"selected": chosen == within, "query_string": link, "display": display}

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        since, until = self._span()
        low = 0 if since is None else first_id_since(self.model, self.clock, since)
        high = None if until is None else first_id_since(self.model, self.clock, until)
        if self.scanning.intersection(request.GET) and not self._indexed(request):
            above = newest_id(self.model.objects.all()) + 1 if high is None else high
            low = max(low, above - MOST_SCANNED)
        queryset = queryset.filter(pk__gte=low) if low > 0 else queryset
        return queryset if high is None else queryset.filter(pk__lt=high)

    def _indexed(self, request: HttpRequest) -> bool:
        return any(request.GET.get(name) for name in self.indexed)

    def _span(self) -> tuple[datetime | None, datetime | None]:
        within = self.given["within"]
        if within in _SPANS:
            midnight = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
            return midnight - timedelta(days=int(within) - 1), None
        return _day(self.given["since"]), _day(self.given["until"], days_later=1)


class PlayerFilter(admin.SimpleListFilter):
    """One player's rows, by their id; offered only where somebody came with one."""

    title = "player"
    parameter_name = "player"
    column: ClassVar[str] = "player_id"

    @override
    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, str]]:
        value = self.value()
        if value is None or not is_id(value):
            return []
        player = Player.objects.filter(pk=value).first()
        return [(value, player.username if player else f"no player {value}")]

    @override
    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        if not is_id(value):
            raise IncorrectLookupParameters
        return queryset.filter(**{self.column: int(value)})


def _day(text: str, *, days_later: int = 0) -> datetime | None:
    if not text:
        return None
    try:
        day: date = forms.DateField().clean(text)
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=days_later)
    except (ValidationError, OverflowError) as error:
        raise IncorrectLookupParameters from error
