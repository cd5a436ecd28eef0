"""The composing app: settings, servers and commands that put the others together."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override

from leaderboard_project import checks


class LeaderboardProjectConfig(AppConfig):
    """Composes scores, realtime and frontend into one server."""

    name = "leaderboard_project"

    @override
    def ready(self) -> None:
        checks.register()
