"""Who stays logged in: a family of refresh tokens for each login of a program."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from typing_extensions import override

from scores.models.player import Player


class RefreshFamily(models.Model):
    """One login, and the one refresh token that continues it.

    Every token of a family carries its `handle`, and only the digest of the newest is kept. So a token
    that was used before is known as such without a row for each: it has the handle, and another digest.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(Player, on_delete=models.PROTECT, related_name="refresh_families")
    handle = models.CharField(max_length=22)
    # SHA-256 of the whole token in hex. A fast hash is enough: the secret has 256 random bits.
    digest = models.CharField(max_length=64)
    # SHA-256 of the player's stored password: whoever changes it, in whatever way, ends the login.
    credentials = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(db_index=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "refresh_families"
        verbose_name_plural = "refresh families"
        # Not `unique` on the field: that would make a second index, for LIKE.
        constraints: ClassVar = [models.UniqueConstraint(fields=["handle"], name="refresh_families_handle")]

    @override
    def __str__(self) -> str:
        return f"login {self.pk}"
