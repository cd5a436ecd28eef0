"""Moments as the desk writes them: in UTC, which it says."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


def moment(when: datetime | None) -> str:
    """The moment in words; a dash where there is none.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 3, 5, 7, 9, tzinfo=UTC)), moment(None)
    ('5 Mar 2026, 07:09 UTC', '–')
    """
    return "–" if when is None else f"{when.day} {timezone.localtime(when):%b %Y, %H:%M} UTC"
