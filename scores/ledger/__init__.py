"""The ledger: the only writer of sessions and standings. PostgreSQL holds the truth."""

from __future__ import annotations

from scores.ledger.moderation import ban, unban, void_session
from scores.ledger.record import Answer, record
from scores.ledger.values import MAXIMUM, Outcome, Receipt, SubmittedSession

__all__ = ["MAXIMUM", "Answer", "Outcome", "Receipt", "SubmittedSession", "ban", "record", "unban", "void_session"]
