"""What makes a session suspicious, and the queue of those that were."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from typing_extensions import override

from scores.models.board import Board
from scores.models.player import Player


class SuspicionRule(models.Model):
    """A bound that honest sessions of a board stay within. At most one rule of each kind per board."""

    class Kind(models.TextChoices):
        """What is measured, for the session and the minute that ends with it."""

        SCORE = "score", "score of one session"
        GAIN_PER_MINUTE = "gain_per_minute", "points gained within a minute"
        SESSIONS_PER_MINUTE = "sessions_per_minute", "sessions within a minute"

    class Action(models.TextChoices):
        """What becomes of a session above the threshold until somebody decides."""

        HOLD = "hold", "hold: it counts only when a moderator lets it pass"
        PASS = "pass", "let pass: it counts, and waits in the queue"

    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="suspicion_rules")
    kind = models.CharField(max_length=24, choices=Kind)
    threshold = models.BigIntegerField(help_text="Suspicious is what lies above it.")
    action = models.CharField(max_length=8, choices=Action, default=Action.PASS)

    class Meta:
        db_table = "suspicion_rules"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["board", "kind"], name="suspicion_rules_one_of_a_kind"),
            models.CheckConstraint(name="suspicion_rules_threshold", condition=models.Q(threshold__gt=0)),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.get_kind_display()} above {self.threshold} on {self.board}"


class Suspicion(models.Model):
    """A session that broke a rule, and what was decided about it. Written by `scores.ledger` only."""

    class Verdict(models.TextChoices):
        """What a moderator said."""

        OPEN = "open", "open"
        PASSED = "passed", "let pass"
        REJECTED = "rejected", "rejected"

    id = models.BigAutoField(primary_key=True)
    # A foreign key in meaning only: the partitioned table has no unique index on the id alone.
    session_id = models.BigIntegerField("session")
    player = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="suspicions")
    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="+", db_index=False)
    kind = models.CharField(max_length=24, choices=SuspicionRule.Kind)
    threshold = models.BigIntegerField()
    observed = models.BigIntegerField()
    held = models.BooleanField(help_text="Whether the session counts only once it is let pass.")
    created_at = models.DateTimeField(db_default=Now())
    verdict = models.CharField(max_length=8, choices=Verdict, default=Verdict.OPEN, db_default=Verdict.OPEN)

    class Meta:
        db_table = "suspicions"
        ordering: ClassVar = ["-id"]
        permissions: ClassVar = [("decide_suspicion", "Can let suspicious sessions pass or reject them")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["session_id", "board", "kind"], name="suspicions_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="suspicions_open", condition=models.Q(verdict="open")),
        ]

    @override
    def __str__(self) -> str:
        return f"session {self.session_id}: {self.get_kind_display()}"
