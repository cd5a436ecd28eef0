"""Typed readers for the environment: every setting comes in through here, and nowhere else.

Each reader names the variable that is wrong and what it wants, so that a typo in a
deployment ends at start-up with one clear sentence.
"""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}


def text(name: str, default: str = "") -> str:
    """The variable's text without surrounding blanks; the default where it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def boolean(name: str, *, default: bool) -> bool:
    """True or false from 1/true/yes/on and 0/false/no/off, any case.

    Raises:
        ImproperlyConfigured: the variable holds something else.
    """
    value = text(name).lower()
    if not value:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be one of 1, true, yes, on, 0, false, no, off; it is {value!r}.")


def integer(name: str, default: int, *, minimum: int = 0) -> int:
    """A whole number of at least `minimum`.

    Raises:
        ImproperlyConfigured: the variable is not a whole number or too small.
    """
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number; it is {value!r}.") from None
    if number < minimum:
        raise ImproperlyConfigured(f"{name} must be at least {minimum}; it is {number}.")
    return number


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """The comma-separated words of the variable, in order, blanks and empty words left out."""
    value = text(name)
    if not value:
        return list(default)
    return [word for part in value.split(",") if (word := part.strip())]
