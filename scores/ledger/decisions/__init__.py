"""What moderators decide: each decision passes the gate alone, is written to the audit trail, and is announced."""

from __future__ import annotations

from scores.ledger.decisions.adjusting import adjust
from scores.ledger.decisions.bans import ban, end_bans, unban
from scores.ledger.decisions.erasing import erase
from scores.ledger.decisions.renaming import rename
from scores.ledger.decisions.verdicts import decide
from scores.ledger.decisions.voiding import MOST_SESSIONS, unvoid_sessions, void_sessions

__all__ = [
    "MOST_SESSIONS",
    "adjust",
    "ban",
    "decide",
    "end_bans",
    "erase",
    "rename",
    "unban",
    "unvoid_sessions",
    "void_sessions",
]
