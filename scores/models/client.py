"""Clients (who submits) and their API keys."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from typing_extensions import override

from scores.models.player import Player


class Client(models.Model):
    """Who submits: a game server or a fleet of them, with API keys, or one player for themselves.

    Idempotency keys belong to the client, not to one API key, so that a key may be rotated
    between a request and its retry.
    """

    name = models.CharField(max_length=100, unique=True)
    # The account behind the sessions that a player submits, and behind a moderator's adjustments.
    user = models.OneToOneField(Player, on_delete=models.PROTECT, null=True, editable=False, related_name="client")
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        db_table = "clients"

    @override
    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """One secret of a client. Only its hash is kept; the prefix tells keys apart in lists and logs."""

    class Scope(models.TextChoices):
        """What a key may do."""

        SUBMIT = "sessions:submit", "submit sessions of any player"
        CREATE_PLAYERS = (
            "players:create",
            "create players by submitting under a new name",
        )

    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="api_keys")
    prefix = models.CharField(max_length=8, unique=True, editable=False)
    # SHA-256 of the whole key in hex. A fast hash is enough: the secret has 256 random bits.
    digest = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=32, choices=Scope))
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)  # within a minute
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        db_table = "api_keys"
        verbose_name = "API key"
        permissions: ClassVar = [("revoke_apikey", "Can revoke API keys")]
        indexes: ClassVar = [models.Index(fields=["client"], name="api_keys_client")]

    @override
    def __str__(self) -> str:
        return f"{self.client} ({self.prefix}…)"
