"""The audit trail: every decision of a moderator or an operator, and what it changed. Append-only."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from typing_extensions import override

from scores.models.player import Player


class AuditEntry(models.Model):
    """One decision: who, what, about what, why, before and after. Written by `scores.audit` only.

    Triggers refuse UPDATE, DELETE and TRUNCATE. No entry holds a name or another identifier but
    ids, so that a player can be erased without touching the trail; see `FormerName`.
    """

    class Action(models.TextChoices):
        """What was decided."""

        BAN = "ban", "banned"
        UNBAN = "unban", "unbanned"
        RENAME = "rename", "renamed"
        ADJUST = "adjust", "score adjusted"
        VOID = "void", "voided"
        UNVOID = "unvoid", "voiding undone"
        PASS = "pass", "let pass"
        REJECT = "reject", "rejected"
        ERASE = "erase", "erased"
        EXPORT = "export", "data exported"
        CREATE = "create", "created"
        EDIT = "edit", "edited"
        DELETE = "delete", "deleted"
        REVOKE = "revoke", "revoked"

    class Subject(models.TextChoices):
        """What it was decided about."""

        PLAYER = "player", "player"
        SESSION = "session", "session"
        BOARD = "board", "board"
        RULE = "rule", "rule"
        API_KEY = "api_key", "API key"

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(
        Player,
        on_delete=models.PROTECT,
        null=True,
        related_name="decisions",
        help_text="Empty where the server decided by itself.",
    )
    action = models.CharField(max_length=16, choices=Action)
    subject_type = models.CharField("about a", max_length=16, choices=Subject)
    subject_id = models.BigIntegerField("id")
    # The player concerned, also where the decision was about a session: their whole history in one index.
    player = models.ForeignKey(
        Player, on_delete=models.PROTECT, null=True, related_name="decided_about", db_index=False
    )
    reason = models.TextField()
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        db_table = "audit_trail"
        verbose_name = "decision"
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(name="audit_trail_reason_given", condition=~models.Q(reason="")),
        ]
        indexes: ClassVar = [
            models.Index(fields=["player", "id"], name="audit_trail_player"),
            models.Index(fields=["subject_type", "subject_id"], name="audit_trail_subject"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.get_subject_type_display()} {self.subject_id}"


class FormerName(models.Model):
    """The names on both sides of a rename, beside the trail: they go when the player is erased."""

    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, primary_key=True, related_name="former_name")
    player = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="former_names")
    before = models.CharField(max_length=255)
    after = models.CharField(max_length=255)

    class Meta:
        db_table = "former_names"

    @override
    def __str__(self) -> str:
        return f"{self.before} → {self.after}"
