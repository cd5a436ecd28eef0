"""How far the ranks of each window have come, as Valkey tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scores.boards import WindowRef
from scores.ranking import keys
from scores.valkey import valkey


@dataclass(frozen=True, slots=True)
class Watermark:
    """The snapshot of PostgreSQL up to which a window's ranks are complete, and whose snapshot it is."""

    snapshot: str
    identity: str


def watermarks(windows: Sequence[WindowRef]) -> dict[WindowRef, Watermark | None]:
    """The watermark of each window; None where it has no ranks.

    Raises:
        RanksUnavailable: Valkey does not answer.
    """
    answers = valkey().commands(
        [("HMGET", keys.meta(window), "generation", "watermark", "identity") for window in windows]
    )
    return {
        window: Watermark(snapshot, whose) if generation is not None else None
        for window, (generation, snapshot, whose) in zip(windows, answers, strict=True)
    }
