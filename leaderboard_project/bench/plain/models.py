"""The tables of the plain way."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models


class ApiKey(models.Model):
    """A game server's key, found by its SHA-256."""

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        app_label = "plain"

    @property
    def is_authenticated(self) -> bool:
        """What DRF asks of whoever makes a request."""
        return True


class Player(models.Model):
    """Who plays."""

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    username = models.CharField(max_length=255, unique=True)

    class Meta:
        app_label = "plain"


class GameSession(models.Model):
    """One submitted session; a retry under the same key finds it."""

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    player = models.ForeignKey(Player, on_delete=models.PROTECT)
    score = models.PositiveBigIntegerField()
    game_mode = models.CharField(max_length=50)
    idempotency_key = models.CharField(max_length=255, null=True, unique=True)  # noqa: DJ001  null: sent without one
    timestamp = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "plain"
        indexes: ClassVar = [models.Index(fields=["player", "timestamp"])]


class Standing(models.Model):
    """A player's total."""

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    player = models.OneToOneField(Player, on_delete=models.PROTECT, primary_key=True)
    total_score = models.PositiveBigIntegerField(default=0)

    class Meta:
        app_label = "plain"
