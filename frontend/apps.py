"""The pages: server-rendered first, then live."""

from __future__ import annotations

from django.apps import AppConfig


class FrontendConfig(AppConfig):
    """Pages for viewers."""

    name = "frontend"
