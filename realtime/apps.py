"""The app that pushes what changed to everybody who watches."""

from __future__ import annotations

from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    """Live boards over WebSocket."""

    name = "realtime"
