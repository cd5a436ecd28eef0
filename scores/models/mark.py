"""The moments that ranks were brought to."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models.functions import Now


class RankMark(models.Model):
    """A moment in PostgreSQL's past: whoever knows the token has been through it. See `scores.ranking.marks`."""

    token = models.UUIDField(primary_key=True, default=uuid.uuid4)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "rank_marks"
