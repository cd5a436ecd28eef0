"""Game sessions: the append-only audit of everything that was ever submitted."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from typing_extensions import override

from scores.models.client import Client
from scores.models.player import Player


class GameSession(models.Model):
    """One submitted session. Written by `scores.ledger` only; only `voided_at` and `held_at` ever change.

    It counts while both are null. A score that a moderator adds or takes is a session of its own
    kind, which is no game: the one kind whose score may be negative.

    The table is partitioned by month of `timestamp`, so PostgreSQL's primary key is (id, timestamp);
    ids come from one sequence and are unique by themselves, which is what Django is told.
    The column `recorded_xid` (the writing transaction) is not mapped.
    """

    class Outcome(models.TextChoices):
        """How the session ended for the player."""

        WIN = "win"
        LOSS = "loss"
        DRAW = "draw"

    class Kind(models.TextChoices):
        """What the score comes from."""

        GAME = "game", "game"
        ADJUSTMENT = "adjustment", "adjustment"

    id = models.BigAutoField(primary_key=True)
    # No constraints: each would lock, and so write, a row for every session. Neither table ever loses a row.
    user = models.ForeignKey(
        Player, on_delete=models.PROTECT, related_name="sessions", db_index=False, db_constraint=False
    )
    score = models.BigIntegerField()
    game_mode = models.CharField(max_length=50)
    outcome = models.CharField(max_length=4, choices=Outcome, null=True)  # noqa: DJ001  null: the game has no outcome
    timestamp = models.DateTimeField(help_text="When the session counts: played_at, or when it was recorded.")
    recorded_at = models.DateTimeField(db_default=Now())
    client = models.ForeignKey(
        Client, on_delete=models.PROTECT, related_name="sessions", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GAME, db_default=Kind.GAME)
    held_at = models.DateTimeField(null=True, help_text="Since when it waits for a moderator to let it pass.")
    voided_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "game_sessions"
        permissions: ClassVar = [("void_gamesession", "Can void sessions and undo it")]
        ordering: ClassVar = ["-id"]

    @override
    def __str__(self) -> str:
        return f"session {self.pk}"
