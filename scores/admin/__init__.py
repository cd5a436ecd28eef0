"""The admin site of moderators: they look, and they decide through the ledger. Nothing is deleted here."""

from __future__ import annotations

from django.contrib.admin import site

from scores.accounts import admin_login
from scores.admin import api_keys, boards, players, sessions

site.site_title = site.site_header = "Rankcast"
site.index_title = "Moderation"
admin_login.guard(site)

__all__ = ["api_keys", "boards", "players", "sessions"]
