"""Ranks: exact places in Valkey's sorted sets, a projection of the ledger that may be lost at any time.

Only this package speaks to Valkey. Everything in it is synchronous and thread-safe.
"""

from __future__ import annotations

from scores.errors import RanksUnavailable, UnknownBoard, UnknownPlayer
from scores.ranking.reads import Version, around, rank, top, versions
from scores.rows import BoardChange, Page, Row

__all__ = [
    "BoardChange",
    "Page",
    "RanksUnavailable",
    "Row",
    "UnknownBoard",
    "UnknownPlayer",
    "Version",
    "around",
    "rank",
    "top",
    "versions",
]
