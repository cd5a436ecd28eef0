"""Idempotency keys: which session a client's key already stands for."""

from __future__ import annotations

from django.db import models

from scores.models.client import Client


class IdempotencyKey(models.Model):
    """A key that was used, kept for ever: a retry years later still finds its session."""

    pk = models.CompositePrimaryKey("client_id", "key")
    # No index of its own: the primary key begins with it. No constraint: see GameSession.
    client = models.ForeignKey(
        Client,
        on_delete=models.PROTECT,
        related_name="idempotency_keys",
        db_index=False,
        db_constraint=False,
    )
    key = models.CharField(max_length=255)
    # A foreign key in meaning only: the partitioned table has no unique index on the id alone.
    session_id = models.BigIntegerField()
    body_digest = models.BinaryField(max_length=32)

    class Meta:
        db_table = "idempotency_keys"
