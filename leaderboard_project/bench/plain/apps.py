"""The plain way as a Django app."""

from __future__ import annotations

from django.apps import AppConfig


class PlainConfig(AppConfig):
    """Without migrations: its tables are made by `migrate --run-syncdb`."""

    name = "leaderboard_project.bench.plain"
    label = "plain"
    default_auto_field = "django.db.models.BigAutoField"
