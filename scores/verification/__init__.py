"""Verification: holds the ledger against itself, and what Valkey has against the ledger."""

from __future__ import annotations

from scores.verification.comparing import compare
from scores.verification.report import Progress, Report, Tally

__all__ = ["Progress", "Report", "Tally", "compare"]
