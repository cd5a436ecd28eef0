"""Every number of the accounts: how often things may be tried, and how long tokens are good for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Rate:
    """`burst` units at once, and `per_minute` more each minute."""

    burst: int
    per_minute: float


@dataclass(frozen=True, slots=True)
class Limits:
    """The numbers of the accounts; `ACCOUNTS` in the settings overrides them by name."""

    #: Units of a login. A wrong one weighs as much as five right ones.
    right_login: int = 1
    wrong_login: int = 5
    #: Many players may share one address (a school, a mobile network): 20 wrong logins at once, then 12 a minute.
    login_by_address: Rate = Rate(100, 60)
    #: One name from one address: five wrong logins at once, then one a minute.
    login_by_name_and_address: Rate = Rate(25, 5)
    #: One name from everywhere: a hundred wrong logins at once, then one a minute.
    login_by_name: Rate = Rate(500, 5)
    #: How long an address from which a player logged in is not counted as a stranger's.
    known_address_s: int = 30 * 86_400

    signup_by_address: Rate = Rate(10, 1)
    refresh_by_address: Rate = Rate(120, 120)
    password_by_player: Rate = Rate(5, 1)
    ticket_by_player: Rate = Rate(20, 30)
    submit_by_player: Rate = Rate(30, 60)
    search_by_address: Rate = Rate(60, 1200)

    access_token_s: int = 600
    #: A refresh token is good for so long after the last refresh, and its family for so long in all.
    refresh_token_s: int = 30 * 86_400
    family_s: int = 90 * 86_400
    #: Logins of one player that are remembered; the oldest is forgotten first.
    families_per_player: int = 50
    ticket_s: int = 30


def current() -> Limits:
    """The limits as the settings have them.

    Raises:
        TypeError: `ACCOUNTS` names something unknown.
    """
    overrides: dict[str, Any] = settings.ACCOUNTS
    return Limits(**overrides)
