"""The admin site of moderators: they look, and they decide through the ledger. Nothing is deleted here."""

from __future__ import annotations

from scores.admin import boards, keys, players, sessions

__all__ = ["boards", "keys", "players", "sessions"]
