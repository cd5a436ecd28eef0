"""The moderators' desk, on Django's admin: they look, and they decide through the ledger, each time with a reason."""

from __future__ import annotations

from django.contrib.admin import site
from django.contrib.auth.models import Group

from scores.accounts import admin_login
from scores.admin import api_keys, boards, players, rules, sessions, suspicions, trail

site.site_title = site.site_header = "Rankcast"
site.index_title = "Moderators’ desk"
site.enable_nav_sidebar = False  # seven places fit into a line above, also on a phone
site.unregister(Group)  # roles are kept by `scores.roles`; `players` imported the module that registers it
admin_login.guard(site)

__all__ = ["api_keys", "boards", "players", "rules", "sessions", "suspicions", "trail"]
