"""Verification: holds the ledger against itself, and what Valkey has against the ledger."""

from __future__ import annotations

from scores.verification.comparing import compare
from scores.verification.report import Progress, Report, Tally
from scores.verification.sweeping import sweep
from scores.verification.sweeps import Swept, swept

__all__ = ["Progress", "Report", "Swept", "Tally", "compare", "sweep", "swept"]
