"""What a player's page shows besides their own row: standings, suspicions, and all that was decided about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser

from scores import boards, ranking
from scores.admin.trail_words import told
from scores.errors import RanksUnavailable, UnknownBoard, UnknownPlayer
from scores.models import AuditEntry, Player, Standing, Suspicion

_MOST: Final = 50  # rows of each table; the lists behind them hold the rest


@dataclass(frozen=True, slots=True)
class PlayerStanding:
    """The player's standing in one window, in words where it has no number."""

    board: str
    total_score: int
    games: int
    wins: int
    rank: str

    @property
    def total(self) -> str:
        """The total with commas."""
        return f"{self.total_score:,}"


def context(player: Player, reader: Player | AnonymousUser) -> dict[str, Any]:
    """What the template of the page is given; each part only if the reader may see such rows anyway."""
    sees_queue, sees_trail = reader.has_perm("scores.view_suspicion"), reader.has_perm("scores.view_auditentry")
    suspicions = Suspicion.objects.filter(player=player).select_related("board").order_by("-id")[:_MOST]
    history = AuditEntry.objects.filter(player=player).select_related("actor", "player", "former_name")
    return {
        "standings": standings(player),
        "suspicions": list(suspicions) if sees_queue else [],
        "history": [told(entry) for entry in history.order_by("-id")[:_MOST]] if sees_trail else [],
        "history_filter": f"player={player.pk}",
    }


def standings(player: Player) -> Sequence[PlayerStanding]:
    """The player's standings, window by window."""
    found = Standing.objects.filter(user=player).select_related("window__board").order_by("window_id")[:_MOST]
    return [
        PlayerStanding(str(standing.window), standing.total_score, standing.games, standing.wins, _rank(standing))
        for standing in found
    ]


def _rank(standing: Standing) -> str:
    board = standing.window.board.slug
    try:
        if standing.hidden or boards.current(board).id != standing.window_id:
            return "not ranked"
        return f"{ranking.rank(board, standing.user_id).rows[0].rank:,}"
    except (UnknownBoard, UnknownPlayer):
        return "not ranked"
    except RanksUnavailable:
        return "unknown just now"
