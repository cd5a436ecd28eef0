"""What moderators decide about sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from typing_extensions import override

from scores import ledger
from scores.admin.decision import Decision
from scores.models import GameSession

OWN = "It is your own session: somebody else decides about it."


class Void(Decision[GameSession]):
    """Lets sessions count no longer."""

    name, label, done = "void", "Void", "voided"
    permission = "scores.void_gamesession"
    consequence = (
        "Voided sessions count on no board any more, final ones included, at once; they stay here and can count again."
    )
    most = ledger.MOST_SESSIONS
    together = True

    @override
    def obstacle(self, row: GameSession, by: int) -> str:
        if row.user_id == by:
            return OWN
        return "" if row.voided_at is None else "The session is void already."

    @override
    def decide(self, rows: Sequence[GameSession], answers: Mapping[str, Any], *, by: int) -> int:
        return ledger.void_sessions(session_ids=[row.pk for row in rows], by=by, reason=answers["reason"])


class Unvoid(Decision[GameSession]):
    """Lets voided sessions count again."""

    name, label, done = "unvoid", "Undo voiding", "no longer void"
    permission = "scores.void_gamesession"
    consequence = "The sessions count again at once, on every board that they belong to."
    most = ledger.MOST_SESSIONS
    together = True

    @override
    def obstacle(self, row: GameSession, by: int) -> str:
        if row.user_id == by:
            return OWN
        return "" if row.voided_at is not None else "The session is not void."

    @override
    def decide(self, rows: Sequence[GameSession], answers: Mapping[str, Any], *, by: int) -> int:
        return ledger.unvoid_sessions(session_ids=[row.pk for row in rows], by=by, reason=answers["reason"])
