"""A player's own sessions, newest first, page by page."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from scores.models import GameSession


class UnknownSession(Exception):
    """The player has no such session."""


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """Sessions, newest first; `next_before` begins the next page, None where there is none."""

    sessions: tuple[GameSession, ...]
    next_before: int | None


def own_sessions(user_id: int, *, limit: int, before: int | None = None) -> SessionsPage:
    """A page of the player's sessions, by when they count; equal times by descending id.

    Args:
        user_id: whose.
        limit: how many at most.
        before: the id of the last session of the page before. However deep, a page costs the same: it
            is read from the index (user_id, timestamp).

    Raises:
        UnknownSession: `before` is none of the player's own.
        django.db.OperationalError: PostgreSQL does not answer.
    """
    sessions = GameSession.objects.filter(user_id=user_id)
    if before is not None:
        last = sessions.filter(pk=before).only("timestamp").first()
        if last is None:
            raise UnknownSession
        sessions = sessions.filter(
            Q(timestamp__lt=last.timestamp) | Q(pk__lt=before),
            timestamp__lte=last.timestamp,
        )
    found = list(sessions.order_by("-timestamp", "-pk")[: limit + 1])
    page = tuple(found[:limit])
    return SessionsPage(page, page[-1].pk if len(found) > limit else None)
