"""Logins of programs: begun with a password, continued with one refresh token after the other, ended for good."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import structlog
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.db.models import Q

from scores.accounts import access_tokens, bearers, limits, throttle
from scores.accounts.access_tokens import Claims
from scores.accounts.errors import InvalidToken
from scores.models import Player, RefreshFamily

log = structlog.get_logger(__name__)

_SHAPE: Final = re.compile(r"rr_([A-Za-z0-9_-]{22})_[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a program keeps: the access token for its requests, and the refresh token for the next pair."""

    player: Player
    access_token: str
    access_token_s: int
    refresh_token: str
    refresh_expires_at: datetime


def begin(player: Player) -> TokenPair:
    """The first pair of a new login of the player.

    Raises:
        django.db.OperationalError: PostgreSQL does not answer.
    """
    numbers = limits.current()
    handle = secrets.token_urlsafe(16)
    token = _draw(handle)
    now = datetime.now(UTC)
    with transaction.atomic():
        family = RefreshFamily.objects.create(
            user=player,
            handle=handle,
            digest=_digest(token),
            credentials=bearers.credentials_of(player),
            created_at=now,
            expires_at=now + timedelta(seconds=numbers.refresh_token_s),
        )
        newest = RefreshFamily.objects.filter(user=player).order_by("-created_at")
        surplus = list(newest.values_list("pk", flat=True)[numbers.families_per_player :])
        RefreshFamily.objects.filter(pk__in=surplus).delete()
    return _pair(family, token)


def refresh(token: str, *, address: str) -> TokenPair:
    """The next pair, in exchange for a refresh token that was not used before.

    Of two requests with one token exactly one gets a pair. The other ends the whole login, as any
    use of an old token does: one of the two who hold it stole it, and nobody can tell which. There is
    no time of grace for a client that lost the answer; it logs in again.

    Raises:
        InvalidToken: unknown, expired, revoked or used before, or the player may not log in any more.
        Throttled: this address refreshes too much.
        django.db.OperationalError: PostgreSQL does not answer.
    """
    throttle.refresh(address)
    handle = _handle(token)
    with transaction.atomic():
        # Only the family is locked: whoever holds the player's row must not hold up a refresh.
        locked = RefreshFamily.objects.select_for_update(of=("self",)).select_related("user")
        family = locked.filter(handle=handle).first()
        if family is None or not bearers.is_alive(family):
            raise InvalidToken
        if hmac.compare_digest(family.digest, _digest(token)):
            return _rotate(family)
        family.revoked_at = datetime.now(UTC)
        family.save(update_fields=["revoked_at"])
    bearers.forget(family.pk)
    log.warning("a refresh token was shown again; the login was ended", user_id=family.user_id)
    raise InvalidToken


def end(token: str) -> None:
    """Log out: end the login to which a refresh token belongs, also one that was used before. Unknown: nothing to do.

    Raises:
        django.db.OperationalError: PostgreSQL does not answer.
    """
    try:
        handle = _handle(token)
    except InvalidToken:
        return
    for family in RefreshFamily.objects.filter(handle=handle, revoked_at=None):
        family.revoked_at = datetime.now(UTC)
        family.save(update_fields=["revoked_at"])
        bearers.forget(family.pk)


def follow_password(player: Player, *, keep: UUID | None) -> None:
    """After a change of the password: the login `keep` goes on, all others of the player end."""
    now = datetime.now(UTC)
    families = RefreshFamily.objects.filter(user=player, revoked_at=None)
    for family in families:
        if family.pk == keep:
            family.credentials = bearers.credentials_of(player)
        else:
            family.revoked_at = now
        bearers.forget(family.pk)
    RefreshFamily.objects.bulk_update(families, ["credentials", "revoked_at"])


def expire() -> int:
    """Delete logins that nothing can continue, of programs and of pages; give the number of the programs'.

    The worker calls this now and then. A revoked one stays for as long as an access token of it may be shown.

    Raises:
        django.db.OperationalError: PostgreSQL does not answer.
    """
    now = datetime.now(UTC)
    outlived = now - timedelta(seconds=2 * limits.current().access_token_s)
    SessionStore.clear_expired()  # Django leaves that to whoever runs it
    deleted, _ = RefreshFamily.objects.filter(Q(expires_at__lt=outlived) | Q(revoked_at__lt=outlived)).delete()
    return deleted


def _rotate(family: RefreshFamily) -> TokenPair:
    numbers = limits.current()
    token = _draw(family.handle)
    family.digest = _digest(token)
    family.expires_at = min(
        datetime.now(UTC) + timedelta(seconds=numbers.refresh_token_s),
        family.created_at + timedelta(seconds=numbers.family_s),
    )
    family.save(update_fields=["digest", "expires_at"])
    return _pair(family, token)


def _pair(family: RefreshFamily, token: str) -> TokenPair:
    return TokenPair(
        player=family.user,
        access_token=access_tokens.issue(Claims(family.user_id, family.pk)),
        access_token_s=limits.current().access_token_s,
        refresh_token=token,
        refresh_expires_at=family.expires_at,
    )


def _draw(handle: str) -> str:
    return f"rr_{handle}_{secrets.token_urlsafe(32)}"


def _handle(token: str) -> str:
    shape = _SHAPE.fullmatch(token)
    if shape is None:
        raise InvalidToken
    return shape[1]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
