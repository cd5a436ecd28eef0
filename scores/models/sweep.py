"""What the sweeper found: one row for each time that it has looked at everything."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from typing_extensions import override

from scores.models.board import Window


class Sweep(models.Model):
    """One finished comparison of the ranks of a window, or of the names, with PostgreSQL.

    Those that found nothing go after a while; those that found something stay, and their sum only grows.
    """

    id = models.BigAutoField(primary_key=True)
    # Null: the names, which all windows share. No constraint: a restore exchanges the windows.
    window = models.ForeignKey(
        Window, on_delete=models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(db_default=Now())
    compared = models.BigIntegerField(help_text="Rows of PostgreSQL's.")
    differences = models.BigIntegerField()
    repaired = models.BigIntegerField()

    class Meta:
        db_table = "sweeps"
        indexes: ClassVar = [models.Index(fields=["finished_at"], name="sweeps_finished")]

    @override
    def __str__(self) -> str:
        return f"sweep {self.pk}"
