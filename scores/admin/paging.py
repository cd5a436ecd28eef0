"""Lists over tables of any size: nothing here counts or sorts a whole table."""

from __future__ import annotations

from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property
from typing_extensions import override

ROWS_PER_PAGE: Final = 100
_MOST_ROWS: Final = 1000  # whoever looks further wants the search


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # Django's classes take no parameters at run time
    """Pages over the first thousand rows. Django's counts all of them for every page."""

    object_list: QuerySet[Any]

    @cached_property
    @override
    def count(self) -> int:
        """How many rows there are, a thousand where there are more."""
        return self.object_list.order_by()[:_MOST_ROWS].count()
