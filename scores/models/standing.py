"""Standings: one row per window and player, the totals that ranks are made of."""

from __future__ import annotations

from django.db import models

from scores.models.board import Window
from scores.models.player import Player


class Standing(models.Model):
    """A player's total in a window. Written by `scores.ledger` only, never deleted.

    `rev` and the column `changed_xid` (not mapped) are set by a trigger on every write, while the
    row lock is held: for one row, rev order is commit order.
    """

    pk = models.CompositePrimaryKey("window_id", "user_id")
    window = models.ForeignKey(Window, on_delete=models.PROTECT, related_name="standings", db_index=False)
    # No index of its own: PostgreSQL's primary key begins with it.
    user = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="standings", db_index=False)
    total_score = models.BigIntegerField()
    sort_key = models.FloatField(help_text="Smallest is best; exact, because totals stay below 2^53.")
    games = models.BigIntegerField()
    wins = models.BigIntegerField()
    reached_at = models.DateTimeField(help_text="When the total was last changed.")
    hidden = models.BooleanField()
    rev = models.BigIntegerField()

    class Meta:
        db_table = "leaderboard"
