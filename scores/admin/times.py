"""Moments as the desk writes them: in UTC, which it says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.utils import timezone


def moment(when: datetime | None) -> str:
    """The moment in words; a dash where there is none.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 3, 5, 7, 9, tzinfo=UTC)), moment(None)
    ('5 Mar 2026, 07:09 UTC', '–')
    """
    return "–" if when is None else f"{when.day} {timezone.localtime(when):%b %Y, %H:%M} UTC"


def column(field: str, description: str) -> Callable[[Any], str]:
    """A column, or a line of a row's page, that holds the moment in a field.

    Args:
        field: its name.
        description: the column's head.
    """

    @admin.display(description=description, ordering=field)
    def shown(row: Any) -> str:
        return moment(getattr(row, field))

    shown.__name__ = field  # Django names CSS classes after it
    return shown
