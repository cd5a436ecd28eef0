"""The ledger: the only writer of sessions and standings. PostgreSQL holds the truth."""

from __future__ import annotations

from scores.ledger.decisions import (
    MOST_SESSIONS,
    adjust,
    ban,
    decide,
    end_bans,
    erase,
    rename,
    unban,
    unvoid_sessions,
    void_sessions,
)
from scores.ledger.record import Answer, record
from scores.ledger.touching import touch
from scores.ledger.values import MAXIMUM, Outcome, Receipt, SubmittedSession

__all__ = [
    "MAXIMUM",
    "MOST_SESSIONS",
    "Answer",
    "Outcome",
    "Receipt",
    "SubmittedSession",
    "adjust",
    "ban",
    "decide",
    "end_bans",
    "erase",
    "record",
    "rename",
    "touch",
    "unban",
    "unvoid_sessions",
    "void_sessions",
]
