"""The tables of the ledger, one idea per file."""

from __future__ import annotations

from scores.models.account import RefreshFamily
from scores.models.audit import AuditEntry, FormerName
from scores.models.board import Board, Window
from scores.models.client import ApiKey, Client
from scores.models.idempotency import IdempotencyKey
from scores.models.installation import Installation
from scores.models.mark import RankMark
from scores.models.player import Player
from scores.models.session import GameSession
from scores.models.standing import Standing
from scores.models.suspicion import Suspicion, SuspicionRule
from scores.models.sweep import Sweep

__all__ = [
    "ApiKey",
    "AuditEntry",
    "Board",
    "Client",
    "FormerName",
    "GameSession",
    "IdempotencyKey",
    "Installation",
    "Player",
    "RankMark",
    "RefreshFamily",
    "Standing",
    "Suspicion",
    "SuspicionRule",
    "Sweep",
    "Window",
]
