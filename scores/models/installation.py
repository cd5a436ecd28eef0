"""Which installation this is."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.functions import RandomUUID
from django.db import models


class Installation(models.Model):
    """The one row that names this installation; one that was restored from a snapshot draws a new name."""

    only = models.BooleanField(primary_key=True, db_default=True)
    identity = models.UUIDField(db_default=RandomUUID())

    class Meta:
        db_table = "installation"
        constraints: ClassVar = [models.CheckConstraint(condition=models.Q(only=True), name="installation_one_row")]
