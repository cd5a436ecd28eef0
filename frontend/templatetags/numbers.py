"""Numbers as the pages write them; `words.js` writes the same."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def grouped(value: int) -> str:
    """A whole number with commas between thousands.

    >>> grouped(1234567)
    '1,234,567'
    """
    return f"{value:,}"
