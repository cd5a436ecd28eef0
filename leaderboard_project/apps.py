"""The composing app: settings, servers and commands that put the others together."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from typing_extensions import override

from leaderboard_project import checks
from leaderboard_project.postgresql import migrating


class LeaderboardProjectConfig(AppConfig):
    """Composes scores, realtime and frontend into one server."""

    name = "leaderboard_project"

    @override
    def ready(self) -> None:
        checks.register()
        pre_migrate.connect(migrating.take_time, dispatch_uid="leaderboard_project.postgresql")
        post_migrate.connect(migrating.hurry_again, dispatch_uid="leaderboard_project.postgresql")
