"""The app that pushes what changed to everybody who watches."""

from __future__ import annotations

from typing_extensions import override

from django.apps import AppConfig
