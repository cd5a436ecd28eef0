"""What a scenario finds out: figures with one value per round, and the result that holds them. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One quantity, measured once in every round.

    Attributes:
        way: what was measured, such as `rankcast`, `plain` or `1,000,000 players`; `ratio` compares two ways.
        name: which quantity, such as `sessions_per_s`; the name carries the unit.
        runs: its value in each round, in order.
    """

    way: str
    name: str
    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        """The value that is told."""
        return statistics.median(self.runs)

    @property
    def spread(self) -> tuple[float, float]:
        """The smallest and the largest value."""
        return min(self.runs), max(self.runs)


def ratio(name: str, one: Figure, other: Figure) -> Figure:
    """How many times `other` goes into `one`, round by round.

    >>> ratio("per_s", Figure("rankcast", "per_s", (20.0, 33.0)), Figure("plain", "per_s", (2.0, 3.0))).runs
    (10.0, 11.0)
    """
    pairs = zip(one.runs, other.runs, strict=True)
    return Figure("ratio", name, tuple(a / b if b else float("inf") for a, b in pairs))


@dataclass(frozen=True, slots=True)
class Result:
    """What one scenario found out.

    Attributes:
        scenario: its name on the command line.
        sizes: how large it was: connections, players, processes, seconds of a round, and so on.
        full_size: whether it was as large as the targets mean it; otherwise none is judged.
        figures: in the order of the table.
        errors: requests that failed and promises that were broken; each has a note.
        notes: sentences for the reader.
    """

    scenario: str
    sizes: Mapping[str, int | float | str]
    full_size: bool
    figures: tuple[Figure, ...]
    errors: int = 0
    notes: tuple[str, ...] = field(default=())
