"""Sessions of one caller on their way through the group commit, and what becomes of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from scores.errors import LedgerUnavailable
from scores.ledger import SubmittedSession
from scores.ledger.settle import Settled

_NOT_TAKEN = "The session waited too long to be recorded, and was not."
_UNKNOWN = (
    "The database did not answer in time, so the session may or may not be recorded."
    " Send it again with the same idempotency key: it then counts once."
)


class Pending:
    """What becomes of sessions that were submitted together; one word when all of it is known.

    Not a future for each session: two locks and a wake-up each cost as much as recording it.
    """

    __slots__ = ("_left", "_lock", "_outcomes", "_when_done", "given_up", "items")

    def __init__(self, sessions: Sequence[SubmittedSession], lock: threading.Condition) -> None:
        """Begin with sessions that nobody has taken yet; `lock` is the committer's, who settles them under it."""
        self._lock = lock
        self._left = len(sessions)
        self._outcomes: list[Settled | None] = [None] * len(sessions)
        self._when_done: list[Callable[[Pending], object]] = []
        self.given_up = False
        self.items = [Item(session, self, place) for place, session in enumerate(sessions)]

    @property
    def outcomes(self) -> list[Settled]:
        """What became of each session, in order. To be asked once all is known."""
        settled = [outcome for outcome in self._outcomes if outcome is not None]
        assert len(settled) == len(self._outcomes), "not all of it is known yet"
        return settled

    def done(self) -> bool:
        """Whether all is known."""
        return not self._left

    def add_done_callback(self, callback: Callable[[Pending], object]) -> None:
        """Call it once all is known, in the thread that finds so; at once where it is known already."""
        with self._lock:
            if self._left:
                self._when_done.append(callback)
                return
        callback(self)

    def wait(self, timeout_s: float) -> list[Settled]:
        """What became of each session, in order, once all is known; what can be said of them then."""
        known = threading.Event()
        self.add_done_callback(lambda _: known.set())
        return self.outcomes if known.wait(timeout_s) else self.give_up()

    def give_up(self) -> list[Settled]:
        """Wait no longer: what nobody has taken will never be recorded. Gives what can be said of each session."""
        with self._lock:
            self.given_up = True
            self._when_done.clear()
            return [
                outcome or LedgerUnavailable(_UNKNOWN if item.taken else _NOT_TAKEN, outcome_unknown=item.taken)
                for item, outcome in zip(self.items, self._outcomes, strict=True)
            ]

    def settle(self, place: int, outcome: Settled) -> Sequence[Callable[[Pending], object]]:
        """One session's outcome is known; under the lock. Gives whom to call when it is free: nobody, mostly."""
        self._outcomes[place] = outcome
        self._left -= 1
        return () if self._left else self._when_done


class Item:
    """One session of a `Pending`."""

    __slots__ = ("pending", "place", "session", "taken")

    def __init__(self, session: SubmittedSession, pending: Pending, place: int) -> None:
        self.session = session
        self.pending = pending
        self.place = place
        self.taken = False  # into a batch: from then on it may be recorded
