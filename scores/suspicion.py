"""The rules by which sessions are suspicious, as each process knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from scores.models import SuspicionRule
from scores.remembered import Remembered

_KEEP_S: Final = 1.0  # how long a process may not know of a new rule


@dataclass(frozen=True, slots=True)
class Rule:
    """A bound that honest sessions of a board stay within; `hold`: what breaks it waits for a moderator."""

    board_id: int
    board: str
    kind: str
    threshold: int
    hold: bool


def rules() -> tuple[Rule, ...]:
    """All rules.

    Raises:
        django.db.Error: they were never read, and PostgreSQL does not answer.
    """
    return _rules.get()


def forget() -> None:
    """Let the next question read PostgreSQL again."""
    _rules.forget()


def _read() -> tuple[Rule, ...]:
    found = SuspicionRule.objects.order_by("id").values_list("board_id", "board__slug", "kind", "threshold", "action")
    return tuple(
        Rule(board_id, board, kind, threshold, action == SuspicionRule.Action.HOLD)
        for board_id, board, kind, threshold, action in found
    )


_rules: Final = Remembered("suspicion rules", _read, keep_s=_KEEP_S)
