"""What a stream has yet to send, and what it has sent and not heard of: without I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rankcast_client.errors import RankcastError
from rankcast_client.exchange import Answer
from rankcast_client.pending import Outcome, Pending, tell, tell_each
from rankcast_client.sessions import Session

#: What goes into one frame; the server takes twice as many, and then answers later.
_FRAME_SESSIONS = 500
_FRAME_BYTES = 512 * 1024

_LOST = "The connection was lost before the answer came."


@dataclass(frozen=True, slots=True)
class Window:
    """How much may be in flight, as the server's first frame says."""

    frames: int
    sessions: int


class Parcel:
    """A session on its way, and who waits for its outcome."""

    __slots__ = ("deadline", "pending", "tell", "text")

    def __init__(self, session: Session, deadline: float, tell_outcome: Callable[[Outcome], None]) -> None:
        self.pending = Pending(session)
        self.text = session.text()
        self.deadline = deadline
        self.tell = tell_outcome


class Outbox:
    """Sessions in the order of sending; each stays until its outcome is told, through any number of connections."""

    def __init__(self) -> None:
        self.window = Window(frames=0, sessions=0)
        self._waiting: deque[Parcel] = deque()
        self._in_flight: dict[int, list[Parcel]] = {}
        self._sessions_in_flight = 0
        self._frames = 0  # ever sent: the id of the next

    def __len__(self) -> int:
        """How many sessions have no outcome yet."""
        return len(self._waiting) + self._sessions_in_flight

    def put(self, parcel: Parcel) -> None:
        """Take a session up, behind the others."""
        self._waiting.append(parcel)

    def next_frame(self) -> str | None:
        """The next frame to send; None while nothing waits or the window is full."""
        room = min(self.window.sessions - self._sessions_in_flight, _FRAME_SESSIONS)
        if not self._waiting or room <= 0 or len(self._in_flight) >= self.window.frames:
            return None
        parcels = [self._waiting.popleft()]
        size = len(parcels[0].text)
        while self._waiting and len(parcels) < room and size + len(self._waiting[0].text) < _FRAME_BYTES:
            parcels.append(self._waiting.popleft())
            size += len(parcels[-1].text)
        self._frames += 1
        self._in_flight[self._frames] = parcels
        self._sessions_in_flight += len(parcels)
        return f'{{"id":{self._frames},"sessions":[{",".join(parcel.text for parcel in parcels)}]}}'

    def answered(self, frame: dict[str, Any]) -> bool:
        """Take an answer; whether some of the sessions, which are sent again, had better wait a little."""
        parcels = self._in_flight.pop(frame["id"], None)
        if parcels is None:
            return False  # of a connection before this one
        self._sessions_in_flight -= len(parcels)
        submitted = [parcel.pending for parcel in parcels]
        if "receipts" in frame:
            tell_each(submitted, frame["receipts"])
        else:
            tell(submitted, Answer(frame["status"], frame))
        return self._settle(parcels)

    def lost(self) -> None:
        """The connection is gone: what was in flight is sent again, before all that waits."""
        self.window = Window(frames=0, sessions=0)
        in_flight = [parcel for parcels in self._in_flight.values() for parcel in parcels]
        self._in_flight.clear()
        self._sessions_in_flight = 0
        for parcel in in_flight:
            parcel.pending.lost(_LOST, may_have_arrived=True)
        self._settle(in_flight)

    def give_up_overdue(self, now: float) -> None:
        """Tell those whose deadline is over; answers to what is in flight are still awaited, for the window's sake."""
        for parcels in self._in_flight.values():
            for parcel in parcels:
                _give_up(parcel, now, in_flight=True)
        for parcel in self._waiting:
            _give_up(parcel, now, in_flight=False)
        self._waiting = deque(parcel for parcel in self._waiting if parcel.pending.outcome is None)

    def refuse_all(self, error: RankcastError) -> None:
        """Tell everybody that there will be no decision, because of this."""
        for parcel in self._all():
            if parcel.pending.outcome is None:
                kind = type(error)
                parcel.pending.outcome = kind(
                    error.code, error.detail, status=error.status, may_be_recorded=parcel.pending.may_be_recorded
                )
                _tell(parcel)
        self._waiting.clear()
        self._in_flight.clear()
        self._sessions_in_flight = 0

    def _all(self) -> Iterator[Parcel]:
        for parcels in self._in_flight.values():
            yield from parcels
        yield from self._waiting

    def _settle(self, parcels: list[Parcel]) -> bool:
        again = [parcel for parcel in parcels if parcel.pending.outcome is None]
        self._waiting.extendleft(reversed(again))
        for parcel in parcels:
            if parcel.pending.outcome is not None:
                _tell(parcel)
        return bool(again)


def _give_up(parcel: Parcel, now: float, *, in_flight: bool) -> None:
    if parcel.deadline <= now and parcel.pending.outcome is None:
        parcel.pending.may_be_recorded |= in_flight
        parcel.pending.give_up()
        _tell(parcel)


def _tell(parcel: Parcel) -> None:
    assert parcel.pending.outcome is not None
    parcel.tell(parcel.pending.outcome)
