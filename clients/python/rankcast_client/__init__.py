"""A client for Rankcast: submits sessions, each of which counts once however often it must be sent, and reads boards.

`RankcastClient` blocks, `AsyncRankcastClient` awaits; both are thin. What is asked, when it is asked
again and what an answer means is told once, without I/O, in `calls`, `patience`, `pending` and `results`.
"""

from __future__ import annotations

from rankcast_client.async_client import AsyncRankcastClient
from rankcast_client.client import RankcastClient
from rankcast_client.errors import RankcastError, Refused, Unavailable
from rankcast_client.patience import Retries
from rankcast_client.results import Board, Place, Player, Receipt, Row
from rankcast_client.sessions import Session

__all__ = [
    "AsyncRankcastClient",
    "Board",
    "Place",
    "Player",
    "RankcastClient",
    "RankcastError",
    "Receipt",
    "Refused",
    "Retries",
    "Row",
    "Session",
    "Unavailable",
]
