"""The full comparison: the ledger with itself, then what Valkey has with PostgreSQL, while everything goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from scores import boards
from scores.verification.findings import Finding
from scores.verification.ledger_checks import check_ledger
from scores.verification.report import Progress, Report, Tally
from scores.verification.subjects import Names, Ranks, Subject
from scores.verification.walking import look_again, walk
from scores.verification.wording import in_words

_BUCKETS: Final = 32  # of one look, 4,096 players: some milliseconds of Valkey's time
_LOOKS: Final = 3  # more, at what differs
_PAUSE_S: Final = 2.0  # between them: the reconciler needs about one second, after a hiccup of Valkey's some more
_MOST: Final = 50_000  # findings that wait for their next look


def compare(
    *,
    progress: Progress = lambda what, done, total: None,
    pause: Callable[[], None] = lambda: time.sleep(_PAUSE_S),
) -> Report:
    """Compare sessions, standings, ranks and names; nothing is changed, and nobody has to wait.

    What differs in Valkey is looked at again, a few times with a pause between, before it is called a difference.

    Args:
        progress: see `report.Progress`.
        pause: waits until a reconciler had time to bring what was on its way.

    Raises:
        RanksUnavailable: Valkey does not answer.
        django.db.Error: PostgreSQL does not answer.
    """
    tallies = list(check_ledger(progress))
    boards.forget()  # a window may be new
    subjects: list[Subject] = [*map(Ranks, boards.live()), Names()]
    tallies += [_compare(subject, progress, pause) for subject in subjects]
    return Report(tuple(tallies))


def _compare(subject: Subject, progress: Progress, pause: Callable[[], None]) -> Tally:
    tally = Tally(subject.what)
    total = subject.count()
    suspects: dict[object, Finding] = {}
    for look in walk(subject, _BUCKETS):
        tally.compared += look.compared
        suspects |= {finding.key: finding for finding in look.findings}
        if len(suspects) >= _MOST:
            _convict(subject, list(suspects.values()), tally, pause)
            suspects.clear()
        progress(subject.what, tally.compared, total)
    _convict(subject, list(suspects.values()), tally, pause)
    return tally


def _convict(subject: Subject, suspects: Sequence[Finding], tally: Tally, pause: Callable[[], None]) -> None:
    for _ in range(_LOOKS):
        if not suspects:
            return
        pause()
        suspects = list(_still_there(subject, suspects))
    for finding in suspects:
        tally.add(in_words(subject.what, finding))


def _still_there(subject: Subject, suspects: Sequence[Finding]) -> Iterator[Finding]:
    for confirmed in look_again(subject, suspects, _BUCKETS):
        yield from confirmed
