"""Faults: those inside one process, a proxy that makes them, and a campaign of them against the real product."""

from __future__ import annotations
