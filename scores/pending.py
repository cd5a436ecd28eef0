"""Sessions of one caller on their way through the group commit, and what becomes of them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from typing_extensions import override

from scores.awaited import Awaited
from scores.errors import LedgerUnavailable
from scores.ledger import SubmittedSession
from scores.ledger.settle import Settled

_NOT_TAKEN = "The session waited too long to be recorded, and was not."
#: What those are told whose session was under way when patience ended.
OUTCOME_UNKNOWN = (
    "The database did not answer in time, so the session may or may not be recorded."
    " Send it again with the same idempotency key: it then counts once."
)


class Pending(Awaited):
    """What becomes of sessions that were submitted together; one word when all of it is known."""

    __slots__ = ("_left", "_outcomes", "given_up", "items")

    def __init__(self, sessions: Sequence[SubmittedSession], lock: threading.Condition) -> None:
        """Begin with sessions that nobody has taken yet; `lock` is the committer's, who settles them under it."""
        super().__init__(lock)
        self._left = len(sessions)
        self._outcomes: list[Settled | None] = [None] * len(sessions)
        self.given_up = False
        self.items = [Item(session, self, place) for place, session in enumerate(sessions)]

    @property
    def outcomes(self) -> list[Settled]:
        """What became of each session, in order. To be asked once all is known."""
        settled = [outcome for outcome in self._outcomes if outcome is not None]
        assert len(settled) == len(self._outcomes), "not all of it is known yet"
        return settled

    @override
    def done(self) -> bool:
        return not self._left

    def wait(self, timeout_s: float) -> list[Settled]:
        """What became of each session, in order, once all is known; what can be said of them then."""
        return self.outcomes if self.done_within(timeout_s) else self.give_up()

    def give_up(self) -> list[Settled]:
        """Wait no longer: what nobody has taken will never be recorded. Gives what can be said of each session."""
        with self._lock:
            self.given_up = True
            self._callbacks = ()
            return [
                outcome or LedgerUnavailable(OUTCOME_UNKNOWN if item.taken else _NOT_TAKEN, outcome_unknown=item.taken)
                for item, outcome in zip(self.items, self._outcomes, strict=True)
            ]

    def settle(self, place: int, outcome: Settled) -> bool:
        """One session's outcome is known; under the lock. Gives whether all are now, and it is time to `tell`."""
        self._outcomes[place] = outcome
        self._left -= 1
        return self.done()


class Item:
    """One session of a `Pending`."""

    __slots__ = ("pending", "place", "session", "taken")

    def __init__(self, session: SubmittedSession, pending: Pending, place: int) -> None:
        self.session = session
        self.pending = pending
        self.place = place
        self.taken = False  # into a batch: from then on it may be recorded
