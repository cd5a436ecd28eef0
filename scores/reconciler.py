"""The safety net of the ranks: reads from PostgreSQL what became visible since, and brings it into Valkey.

The write after the commit is only the fast path. A process may die between COMMIT and Valkey, and
Valkey may lose its last second: the watermark, a whole snapshot of PostgreSQL, lies in Valkey beside
the ranks, so it goes back together with them and the lost rows are read again. Any number of
reconcilers may run: rows are absolute and carry a rev, and a watermark moves only from where it stood.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

import structlog

from scores import boards, failpoints, lag
from scores.boards import WindowRef
from scores.changes import Committed, StandingChange
from scores.ranking import epochs
from scores.ranking.changed import names_since, standings_since
from scores.ranking.identity import Origin, past
from scores.ranking.marks import pin, prune
from scores.ranking.projecting import Advance, catch_up
from scores.ranking.rebuilding import RebuildAborted, discard_old_generations, rebuild
from scores.ranking.snapshots import named_state
from scores.ranking.watermarks import Stand, Watermark, stands, written

_MISSING = "missing"

log = structlog.get_logger(__name__)


def reconcile() -> int:
    """Bring every window's ranks up to PostgreSQL's state of now; give the number of rows that were read.

    Windows whose ranks are missing, or were read from another PostgreSQL or another past of it, are rebuilt.

    Raises:
        RanksUnavailable: Valkey does not answer.
        django.db.Error: PostgreSQL does not answer.
    """
    began = time.monotonic()
    told = stands(boards.live())
    now = past(_marks(told.values()))
    believed: dict[WindowRef, Stand] = {}
    doubts: dict[WindowRef, str] = {}
    for window, stand in told.items():
        if stand is None:
            doubts[window] = _MISSING
        elif doubt := stand.doubt(now):
            doubts[window] = doubt
        else:
            believed[window] = stand
            if stand.run != stand.epoch_run and epochs.renew(window):
                log.info("a new epoch: seqs may be drawn twice", board=window.board, window=window.window)
    all_rebuilt = _rebuild(doubts, names_are_believed=bool(believed))
    is_settled = all(stand.is_settled(now) for stand in believed.values())
    rows = _catch_up(believed, now.origin, is_settled=is_settled) if believed else 0
    if all_rebuilt:
        lag.caught_up(began)
    return rows


def keep_house() -> None:
    """Remove what is left over: generations of ranks whose builders have died, and old marks.

    Raises:
        RanksUnavailable: Valkey does not answer.
        django.db.Error: PostgreSQL does not answer.
    """
    windows = boards.live()
    for window in windows:
        discard_old_generations(window)
    prune(_marks(stands(windows).values()))


def _catch_up(believed: Mapping[WindowRef, Stand], origin: Origin, *, is_settled: bool) -> int:
    since = sorted({stand.watermark.snapshot for stand in believed.values()})
    rows = 0
    last: Sequence[StandingChange] = ()
    with named_state() as until:
        for names in names_since(since):
            if failpoints.reach("reconcile_read"):
                return rows
            catch_up(Committed(names=tuple(names)))
            rows += len(names)
        for standings in standings_since(since):
            if failpoints.reach("reconcile_read"):
                return rows
            catch_up(Committed(tuple(last)))
            last = standings
            rows += len(standings)
    # Where nothing changed the watermark may stay: it costs nothing, and moving it costs a write to disk.
    if (rows or not is_settled) and not failpoints.reach("reconcile_advance"):
        so_far = written(list(believed))  # counted before the mark is set, which covers what was committed before it
        mark = pin()
        # The last rows and the new watermark in one step; a reconciler that dies before leaves it where it was.
        advances = {
            window.id: Advance(stand.watermark.mark, stand.run, Watermark(until, mark, origin, so_far[window.id]))
            for window, stand in believed.items()
        }
        catch_up(Committed(tuple(last)), advances)
    return rows


def _marks(told: Iterable[Stand | None]) -> list[str]:
    return [stand.watermark.mark for stand in told if stand is not None and stand.watermark.is_legible]


def _rebuild(doubts: Mapping[WindowRef, str], *, names_are_believed: bool) -> bool:
    """Rebuild these windows, as far as no other builder is at work; whether all of them are rebuilt."""
    all_rebuilt = True
    # Names are shared by all windows: they come from where the ranks do.
    keep_names = names_are_believed and all(why == _MISSING for why in doubts.values())
    for window, why in doubts.items():
        try:
            rebuilt = rebuild(window, keep_names=keep_names)
        except RebuildAborted as error:
            log.info("no rebuild now", reason=str(error))
            all_rebuilt = False
        else:
            keep_names = True
            tell = log.info if rebuilt.players else log.debug  # a first start is no news
            tell("ranks were rebuilt", board=window.board, window=window.window, why=why, players=rebuilt.players)
    return all_rebuilt
