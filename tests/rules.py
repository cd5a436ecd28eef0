"""Rules of suspicion, for tests that need a held session."""

from __future__ import annotations

from scores import boards, suspicion
from scores.models import Board, SuspicionRule


def hold_above(score: int) -> None:
    """Sessions with more points wait for a moderator, from now on."""
    board = Board.objects.get(slug=boards.GLOBAL)
    SuspicionRule.objects.create(
        board=board, kind=SuspicionRule.Kind.SCORE, threshold=score, action=SuspicionRule.Action.HOLD
    )
    suspicion.forget()
