"""What the demo needs: an API key for the simulated game server, a login for the admin site, something to moderate."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from leaderboard_project.embedded.for_command import default_data_directory
from leaderboard_project.embedded.secrets import Secrets
from scores import api_keys, boards
from scores.models import Board, Player, SuspicionRule

API_KEY = "demo_api_key"
_ADMIN_PASSWORD = "demo_admin_password"  # noqa: S105  (the name of a secret, not one)
_SCOPES = ("sessions:submit", "players:create")


@dataclass(frozen=True, slots=True)
class Access:
    """Shown to whoever started the demo."""

    api_key: str
    admin_password: str


def prepare() -> Access:
    """Make the demo's API key, admin login and rule of suspicion, or find those of the last time.

    The first two are kept in the data directory's `secrets.json`; where the database does not know them
    (it was restored or is another one), they are made anew.
    """
    kept = Secrets(default_data_directory())
    _make_rule()
    return Access(_api_key(kept), _admin_password(kept))


def _make_rule() -> None:
    """A bound that a few games in a thousand break, so that the moderators' queue is not empty."""
    SuspicionRule.objects.get_or_create(
        board=Board.objects.get(slug=boards.GLOBAL),
        kind=SuspicionRule.Kind.SCORE,
        defaults={"threshold": 600, "action": SuspicionRule.Action.PASS},
    )


def _api_key(kept: Secrets) -> str:
    known = kept.get(API_KEY)
    if known is not None and api_keys.verify(known) is not None:
        return known
    _, secret = api_keys.create("demo", _SCOPES)
    kept.keep(API_KEY, secret)
    return secret


def _admin_password(kept: Secrets) -> str:
    password = kept.get_or_draw(_ADMIN_PASSWORD, lambda: secrets.token_urlsafe(12))
    admin, _ = Player.objects.get_or_create(username="admin", defaults={"is_staff": True, "is_superuser": True})
    if not admin.check_password(password):
        admin.set_password(password)
        admin.save(update_fields=["password"])
    return password
