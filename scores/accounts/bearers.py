"""Who shows an access token: believed only while the login behind it lives and its player may log in."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from scores.accounts import access_tokens
from scores.accounts.errors import InvalidToken
from scores.models import Player, RefreshFamily
from scores.recent_answers import RecentAnswers


@dataclass(frozen=True, slots=True)
class Bearer:
    """A player who showed a token, and the login that it belongs to. Shared between threads: not to be changed."""

    player: Player
    family_id: UUID
    #: For whom the player's own sessions are recorded; None before the first one.
    client_id: int | None = None


_recent: Final = RecentAnswers[UUID, Bearer]()


def verify(token: str) -> Bearer:
    """Who shows this access token. The signature is checked each time, the rest may be up to 0.9 s old.

    So logging out, a change of password and a deactivated account take effect within a second, in
    every process.

    Raises:
        InvalidToken: not ours, expired, its login has ended, or its player may not log in any more.
        django.db.OperationalError: not known already, and PostgreSQL does not answer.
    """
    claims = access_tokens.read(token)
    bearer = _recent.get(claims.family_id, lambda: _find(claims.family_id))
    if bearer is None or bearer.player.pk != claims.user_id:
        raise InvalidToken
    return bearer


def is_alive(family: RefreshFamily) -> bool:
    """Whether the login goes on: neither ended nor expired, nor its password changed, nor its player deactivated."""
    return (
        family.revoked_at is None
        and family.expires_at > datetime.now(UTC)
        and family.user.is_active
        and hmac.compare_digest(family.credentials, credentials_of(family.user))
    )


def credentials_of(player: Player) -> str:
    """What a login is bound to: another password has another one. Tells nothing of the password or its hash."""
    return hashlib.sha256(player.password.encode()).hexdigest()


def forget(family_id: UUID) -> None:
    """Ask PostgreSQL about this login the next time."""
    _recent.forget(family_id)


def _find(family_id: UUID) -> Bearer | None:
    family = RefreshFamily.objects.select_related("user", "user__client").filter(pk=family_id).first()
    if family is None or not is_alive(family):
        return None
    client_id = family.user.client.pk if hasattr(family.user, "client") else None
    return Bearer(family.user, family.pk, client_id)
