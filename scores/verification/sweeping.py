"""Looks at everything that Valkey has once, slowly, and repairs what differs for longer than changes take."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from itertools import islice
from typing import Final

import structlog
from django.db import connection

from scores import boards
from scores.errors import RanksUnavailable
from scores.models import Sweep
from scores.ranking.inspecting import inspect
from scores.verification import sweeps
from scores.verification.findings import Finding, Kind
from scores.verification.repairing import repair
from scores.verification.subjects import Names, Ranks, Subject
from scores.verification.walking import look_again, walk
from scores.verification.wording import in_words

_BUCKETS: Final = 24  # of one look, 3,072 players: a million in a quarter of an hour, for 1 to 2 % of a core
_PATIENCE_S: Final = 5.0  # between two looks: what the reconciler has not brought by then, it will not bring
_MOST: Final = 10_000  # findings that wait for their second look; more are found by the next sweep
_TOLD: Final = 10  # differences told one by one, of those that are seen together

log = structlog.get_logger(__name__)


def sweep(rest: Callable[[], None] = lambda: time.sleep(0.001), *, patience_s: float = _PATIENCE_S) -> list[Sweep]:
    """Compare the ranks of each window and the names with PostgreSQL; repair, count and log what differs.

    Args:
        rest: called after each bounded piece of work.
        patience_s: how long something must differ, in seconds.

    Returns:
        What was found: one for each window that has ranks, and one for the names.

    Raises:
        RanksUnavailable: Valkey does not answer.
        django.db.Error: PostgreSQL does not answer.
    """
    boards.forget()  # a window may be new
    subjects: list[Subject] = [*map(Ranks, boards.live()), Names()]
    finished = (_Sweeping(subject, rest, patience_s).done() for subject in subjects)
    return [each for each in finished if each is not None]


class _Sweeping:
    """One sweep of one subject."""

    def __init__(self, subject: Subject, rest: Callable[[], None], patience_s: float) -> None:
        self._subject = subject
        self._rest = rest
        self._patience_s = patience_s
        self._suspects: dict[object, tuple[float, Finding]] = {}  # since when, in the order of time
        window_id = subject.window.id if isinstance(subject, Ranks) else None
        self._sweep = Sweep(window_id=window_id, started_at=_now(), compared=0, differences=0, repaired=0)

    def done(self) -> Sweep | None:
        """The whole sweep; None where the window has no ranks, which the reconciler makes."""
        for look in walk(self._subject, _BUCKETS):
            if any(finding.kind == Kind.MISSING for finding in look.findings):
                return None
            self._sweep.compared += look.compared
            now = time.monotonic()
            for finding in islice(look.findings, max(0, _MOST - len(self._suspects))):
                self._suspects.setdefault(finding.key, (now, finding))
            self._rest()
            self._look_again()
        while self._suspects:
            self._rest()
            self._look_again()
        sweeps.write_down(self._sweep)
        return self._sweep

    def _look_again(self) -> None:
        """A second look at what was seen long enough ago."""
        due = time.monotonic() - self._patience_s
        findings = [finding for since, finding in self._suspects.values() if since <= due]
        for finding in findings:
            del self._suspects[finding.key]
        if not findings:
            return
        states = self._states(findings)  # before Valkey is read: what they show must be there
        for seen_again in look_again(self._subject, findings, _BUCKETS):
            self._rest()
            confirmed = self._without_what_is_on_its_way(seen_again, states)
            if confirmed and not self._is_being_rebuilt():
                self._tell(confirmed)
                self._sweep.repaired += repair(self._subject, confirmed, self._rest)

    def _states(self, findings: Sequence[Finding]) -> list[str]:
        if all(finding.kind != Kind.BEHIND for finding in findings):
            return []
        with suppress(RanksUnavailable):  # as where hands were at what they rest on, which comes first then
            return self._subject.states()
        return []

    def _without_what_is_on_its_way(self, findings: Sequence[Finding], states: list[str]) -> list[Finding]:
        """Valkey is not behind where it does not claim to be complete: a reconciler that has much to do gets to it."""
        behind = [
            finding.user_id for finding in findings if finding.kind == Kind.BEHIND and finding.user_id is not None
        ]
        lost = self._subject.shown_in(states, behind) if behind and states else set()
        return [finding for finding in findings if finding.kind != Kind.BEHIND or finding.user_id in lost]

    def _is_being_rebuilt(self) -> bool:
        """Whether somebody else is at work on it: the reconciler, who noticed that PostgreSQL has another past."""
        return isinstance(self._subject, Ranks) and inspect(self._subject.window, []).is_building

    def _tell(self, confirmed: Sequence[Finding]) -> None:
        self._sweep.differences += len(confirmed)
        for finding in confirmed[:_TOLD]:
            log.error("the sweeper found a difference", difference=in_words(self._subject.what, finding))
        if len(confirmed) > _TOLD:
            log.error("the sweeper found more differences", what=self._subject.what, more=len(confirmed) - _TOLD)


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
        return now
