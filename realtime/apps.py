"""The app that pushes what changed to everybody who watches."""

from __future__ import annotations

from django.apps import AppConfig
from typing_extensions import override


class RealtimeConfig(AppConfig):
    """Live boards over WebSocket."""

    name = "realtime"

    @override
    def ready(self) -> None:
        """Listen to the signal, and register the system checks."""
        from realtime import checks, quiet, receivers  # noqa: PLC0415 - they need the apps to be loaded
        from scores.signals import board_changed  # noqa: PLC0415

        checks.register()
        quiet.install()
        board_changed.connect(receivers.tell_board_change, dispatch_uid="realtime")
