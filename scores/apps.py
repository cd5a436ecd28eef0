"""The app of the road from a submitted session to an exact rank."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class ScoresConfig(AppConfig):
    """Sessions, totals and ranks."""

    name = "scores"
    verbose_name = "Scores"

    @override
    def ready(self) -> None:
        from scores.ranking import receivers  # noqa: F401, PLC0415  connects the ranks to the ledger's signal
