"""Boards and their windows: which sessions count together."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from typing_extensions import override


class Board(models.Model):
    """A leaderboard by its slug, such as `global`."""

    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "boards"

    @override
    def __str__(self) -> str:
        return self.slug


class Window(models.Model):
    """One run of a board: sessions whose timestamp lies in [starts, ends) count; null means no bound."""

    class State(models.TextChoices):
        """Whether sessions still count: a final window takes none any more."""

        OPEN = "open"
        PROVISIONAL = "provisional"
        FINAL = "final"

    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="windows")
    slug = models.SlugField(max_length=64)
    starts = models.DateTimeField(null=True, blank=True)
    ends = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=16, choices=State, default=State.OPEN, db_default=State.OPEN)

    class Meta:
        db_table = "board_windows"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["board", "slug"], name="board_windows_board_slug"),
            models.CheckConstraint(
                name="board_windows_state_known",
                condition=models.Q(state__in=["open", "provisional", "final"]),
            ),
            models.CheckConstraint(
                name="board_windows_ends_after_start",
                condition=models.Q(starts=None) | models.Q(ends=None) | models.Q(ends__gt=models.F("starts")),
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.board.slug}:{self.slug}"
