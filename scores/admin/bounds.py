"""Bounds for lists over tables that only grow: ids are drawn in the order of recording, so a time is a range of ids."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.db.models import Max, Min, QuerySet

#: No index knows what lists are filtered by, and none should: such a list looks at this many rows.
MOST_SCANNED: Final = 100_000


def newest_id(queryset: QuerySet[Any]) -> int:
    """The largest id; 0 where there are no rows."""
    newest: int | None = queryset.order_by().aggregate(newest=Max("id"))["newest"]
    return newest or 0


def latest(queryset: QuerySet[Any], number: int = MOST_SCANNED) -> QuerySet[Any]:
    """The rows among the latest ids of the table."""
    return queryset.filter(id__gt=newest_id(queryset.model.objects.all()) - number)


def first_id_since(model: type[Any], clock: str, moment: datetime) -> int:
    """The first id that was recorded at or after the moment, found by halving: some thirty looks at the primary key.

    Right to within the milliseconds that a transaction takes, for these overlap.

    Args:
        model: its table is only added to.
        clock: the field that says when a row was recorded.
        moment: where to begin; with none recorded since, the answer is larger than every id.
    """
    rows = model.objects.order_by()
    low = rows.aggregate(oldest=Min("id"))["oldest"] or 0
    high = newest_id(rows) + 1
    while low < high:
        middle = (low + high) // 2
        found = rows.filter(id__gte=middle).order_by("id").values_list("id", clock).first()
        if found is None or found[1] >= moment:
            high = middle
        else:
            low = found[0] + 1
    return int(low)
