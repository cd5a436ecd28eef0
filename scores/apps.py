"""The app of the road from a submitted session to an exact rank."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate
from typing_extensions import override


class ScoresConfig(AppConfig):
    """Sessions, totals and ranks."""

    name = "scores"
    verbose_name = "Scores"

    @override
    def ready(self) -> None:
        from scores import failpoints, roles  # noqa: PLC0415  needs the app registry
        from scores.ranking import receivers  # noqa: F401, PLC0415  connects the ranks to the ledger's signal

        failpoints.arm(settings.FAILPOINTS)
        post_migrate.connect(roles.keep_right, sender=self, dispatch_uid="scores.roles")
