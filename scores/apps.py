"""The app of the road from a submitted session to an exact rank."""

from __future__ import annotations

from django.apps import AppConfig


class ScoresConfig(AppConfig):
    """Sessions, totals and ranks."""

    name = "scores"
    verbose_name = "Scores"
