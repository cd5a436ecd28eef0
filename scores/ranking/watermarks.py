"""How far the ranks of each window have come, as Valkey tells it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scores.boards import WindowRef
from scores.ranking import keys, scripts
from scores.ranking.identity import Origin, Past
from scores.valkey import ScriptCall, valkey

_SNAPSHOT: Final = re.compile(r"\d+:\d+:(\d+(,\d+)*)?")
_MARK: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Watermark:
    """Up to where ranks are complete.

    Attributes:
        snapshot: the state of PostgreSQL that they were read from.
        mark: was set in PostgreSQL after that state was read: a past that knows it holds that state.
        origin: the PostgreSQL.
        written: how many calls of scripts had written rows before the mark was set. What they wrote had been
            committed before it, so a past that knows the mark holds that, too.
    """

    snapshot: str
    mark: str
    origin: Origin
    written: str

    @property
    def is_legible(self) -> bool:
        """Whether PostgreSQL can be asked about it; an earlier version, or somebody by hand, wrote it otherwise."""
        return bool(_SNAPSHOT.fullmatch(self.snapshot) and _MARK.fullmatch(self.mark))

    def fields(self) -> list[str]:
        """As it stands in `meta`: field, value, …; stand.lua reads it."""
        return [
            *("watermark", self.snapshot),
            *("mark", self.mark),
            *("identity", self.origin.identity),
            *("started", self.origin.started),
            *("covered", self.written),
        ]


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the ranks of a window stand.

    Attributes:
        watermark: what they are complete up to.
        written: as the watermark's, but now; larger where writes after a commit came in since.
        run: which run of Valkey told it, see `server_run` in stand.lua's prelude.
        epoch_run: in which one the epoch was begun.
    """

    watermark: Watermark
    written: str
    run: str
    epoch_run: str

    @property
    def is_covered(self) -> bool:
        """Whether the mark covers everything that was written."""
        return self.written == self.watermark.written

    def is_settled(self, past: Past) -> bool:
        """Whether there is nothing to be written down where no row has changed."""
        return self.is_covered and self.watermark.origin == past.origin

    def doubt(self, past: Past) -> str | None:
        """Why these ranks were not read from that past of PostgreSQL, or None if they were."""
        if not self.watermark.is_legible:
            return "without a watermark"
        if self.watermark.origin.identity != past.origin.identity:
            return "read from another PostgreSQL"
        if self.watermark.mark not in past.marks:
            return "read from another past of this PostgreSQL"
        if self.watermark.origin.started != past.origin.started and not self.is_covered:
            # Rows that no mark covers, and then PostgreSQL was down: its files may have been put back meanwhile.
            return "ahead of a PostgreSQL that was restarted"
        return None


def stands(windows: Sequence[WindowRef]) -> dict[WindowRef, Stand | None]:
    """Where the ranks of each window stand; None where it has none.

    Raises:
        RanksUnavailable: Valkey does not answer.
    """
    answers = valkey().run([ScriptCall(scripts.STAND, keys.meta(window), []) for window in windows])
    return {window: _stand(answer) if answer else None for window, answer in zip(windows, answers, strict=True)}


def written(windows: Sequence[WindowRef]) -> dict[int, str]:
    """How many calls have written rows of each window so far, by its id.

    Raises:
        RanksUnavailable: Valkey does not answer.
    """
    answers = valkey().commands([("HGET", keys.meta(window), "written") for window in windows])
    return {window.id: answer or "0" for window, answer in zip(windows, answers, strict=True)}


def _stand(answer: Sequence[str]) -> Stand:
    snapshot, mark, identity, started, covered, so_far, run, epoch_run = answer
    return Stand(Watermark(snapshot, mark, Origin(identity, started), covered), so_far, run, epoch_run)
