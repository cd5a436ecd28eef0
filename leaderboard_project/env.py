"""Typed readers for the environment: every setting comes in through here, and nowhere else.

Each reader names the variable that is wrong and what it wants, so that a typo in a
deployment ends at start-up with one clear sentence.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_SECRETS_NAME = re.compile(r"[A-Za-z0-9_.-]{1,32}")


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


def choice(name: str, options: Sequence[str]) -> str:
    """One of the options, in any case; the first where the variable is unset.

    Raises:
        ImproperlyConfigured: the variable holds something else.
    """
    value = text(name, options[0])
    for option in options:
        if value.lower() == option.lower():
            return option
    raise ImproperlyConfigured(f"{name} must be one of {', '.join(options)}; it is {value!r}.")


def address(name: str, default: str, *, schemes: Sequence[str]) -> str:
    """An address that begins with one of the schemes.

    Raises:
        ImproperlyConfigured: it begins otherwise. The message does not show it: it may hold a password.
    """
    value = text(name, default)
    if not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
        raise ImproperlyConfigured(f"{name} must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
    return value


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


def named_secrets(name: str, *, min_bytes: int) -> dict[str, str]:
    """Secrets by their names, in order, from `name:secret,name:secret`; none where the variable is unset.

    Raises:
        ImproperlyConfigured: a part without a name, a name given twice, or a secret that is too short.
            The message shows no secret.
    """
    named: dict[str, str] = {}
    for place, word in enumerate(words(name), start=1):
        label, _, secret = word.partition(":")
        if _SECRETS_NAME.fullmatch(label) is None or not secret:
            raise ImproperlyConfigured(
                f"{name}: part {place} must read name:secret, the name of 1 to 32 letters, digits, `_`, `.` and `-`."
            )
        if label in named:
            raise ImproperlyConfigured(f"{name} names {label!r} twice.")
        if len(secret.encode()) < min_bytes:
            raise ImproperlyConfigured(f"{name}: the secret {label!r} must have at least {min_bytes} bytes.")
        named[label] = secret
    return named


def networks(name: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The comma-separated addresses and networks of the variable; `*` stands for all there are.

    Raises:
        ImproperlyConfigured: a word is neither an address nor a network.
    """
    try:
        return [
            ipaddress.ip_network(text, strict=False)
            for word in words(name)
            for text in (("0.0.0.0/0", "::/0") if word == "*" else (word,))
        ]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must hold addresses and networks, separated by commas: {error}.") from None
