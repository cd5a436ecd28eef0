"""What can go wrong on the road of a score, in the words of the people who meet it."""

from __future__ import annotations

import psycopg


class UnknownBoard(Exception):
    """There is no board of that name."""


class UnknownPlayer(Exception):
    """The board does not show such a player: unknown, without a session, or banned."""


class RanksUnavailable(Exception):
    """The ranks cannot be read now; PostgreSQL still knows everything."""


class ValkeyUnavailable(RanksUnavailable):
    """Valkey does not answer, or refuses to."""


class NoAnswer(psycopg.OperationalError):
    """PostgreSQL says nothing, though its connection stands. What was sent may have happened or not."""


class LedgerUnavailable(Exception):
    """The session could not be recorded now, for no fault of its own; trying again is right.

    Attributes:
        outcome_unknown: the connection was lost while the transaction was being committed, so the
            session may or may not be recorded; only a retry with the same idempotency key is safe.
        retry_after_s: when to try again, in seconds.
    """

    def __init__(self, detail: str, *, outcome_unknown: bool = False, retry_after_s: int = 1) -> None:
        super().__init__(detail)
        self.outcome_unknown = outcome_unknown
        self.retry_after_s = retry_after_s


class Refused(Exception):
    """This one session was refused; its neighbours were not touched.

    Attributes:
        code: stable, for programs: `unknown_player`, `idempotency_key_reused`, `total_out_of_range`.
        detail: a sentence for people.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
