"""What goes into the ledger and what comes out of it. Pure values, no I/O.

They are msgspec's structs, not dataclasses: one is made in a tenth of the time, and each session
passes through half a dozen of them.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal

import msgspec

MAXIMUM = 2**53 - 1  # the largest whole number that JSON readers and a sorted set's double keep exactly

Outcome = Literal["win", "loss", "draw"]
#: What became of a session: it counts, waits for a moderator, is void, or its player is banned.
Status = Literal["recorded", "held", "voided", "banned"]


class SubmittedSession(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A session as a client submitted it, checked at the edge.

    Exactly one of `user_id` and `username` is given. `may_create_player` lets an unknown username
    become a player. `played_at` is when it counts; None: when PostgreSQL records it.
    """

    client_id: int
    score: int
    game_mode: str
    user_id: int | None = None
    username: str | None = None
    may_create_player: bool = False
    outcome: Outcome | None = None
    played_at: datetime | None = None
    idempotency_key: str | None = None

    @property
    def claim(self) -> tuple[int, str] | None:
        """What makes a retry recognisable: (client, key), or None where the client sent no key."""
        return None if self.idempotency_key is None else (self.client_id, self.idempotency_key)

    def body_digest(self) -> bytes:
        """SHA-256 of what was asked for: the same key with another digest is a mistake of the client."""
        asked = (self.user_id, self.username, self.score, self.game_mode, self.outcome, self.played_at)
        return hashlib.sha256(msgspec.json.encode(asked)).digest()


class Receipt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The answer to one recorded session.

    `total_score` and `rank` are those of the board `global` after the transaction that recorded it
    (so they may include sessions of the same player that were recorded with it), or as they are now
    where the session was `replayed`; so is `status`. `rank` is None where ranks are missing and for a
    player whom the board does not show.
    """

    session_id: int
    user_id: int
    username: str
    score: int
    game_mode: str
    outcome: Outcome | None
    timestamp: datetime
    total_score: int
    rank: int | None
    status: Status
    replayed: bool
