"""What came of many cycles, by fault: a table for people, rows for programs."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rich import box
from rich.table import Table

from tests.faults.stage import Cycle

_COLUMNS = ("cycles", "acknowledged", "lost", "duplicated", "wrong", "stale", "p50 s", "max s", "bound s", "first 201")


@dataclass(frozen=True, slots=True)
class Summary:
    """All cycles of one fault. Times in seconds; None where nothing converged, or nothing was awaited."""

    fault: str
    cycles: int
    acknowledged: int
    lost: int
    duplicated: int
    wrong: int
    stale: int
    p50_s: float | None
    max_s: float | None
    bound_s: float
    first_ok_s: float | None


def summary(cycles: Sequence[Cycle]) -> list[Summary]:
    """One row a fault, in the order in which they were first met, and a last one for all."""
    by_fault: dict[str, list[Cycle]] = defaultdict(list)
    for cycle in cycles:
        by_fault[cycle.fault].append(cycle)
    return [_row(fault, met) for fault, met in by_fault.items()] + [_row("all", cycles)]


def table(cycles: Sequence[Cycle]) -> Table:
    """The result, as it is printed."""
    drawn = Table(box=box.SIMPLE, title="Faults, and what came of them", title_justify="left")
    drawn.add_column("fault", no_wrap=True)
    for name in _COLUMNS:
        drawn.add_column(name, justify="right")
    for row in summary(cycles):
        counted = (row.cycles, row.acknowledged, row.lost, row.duplicated, row.wrong, row.stale)
        bound = "" if row.fault == "all" else _text(row.bound_s)
        timed = (_text(row.p50_s), _text(row.max_s), bound, _text(row.first_ok_s))
        numbers = [f"{number:,}" for number in counted]
        drawn.add_row(row.fault, *numbers, *timed, style=None if _is_right(row) else "red")
    return drawn


def _row(fault: str, cycles: Sequence[Cycle]) -> Summary:
    took = [cycle.converged_s for cycle in cycles if cycle.converged_s is not None]
    first = [cycle.first_ok_s for cycle in cycles if cycle.first_ok_s is not None]
    return Summary(
        fault=fault,
        cycles=len(cycles),
        acknowledged=sum(cycle.acknowledged for cycle in cycles),
        lost=sum(len(cycle.findings.lost) for cycle in cycles),
        duplicated=sum(len(cycle.findings.duplicated) for cycle in cycles),
        wrong=sum(len(cycle.findings.wrong) for cycle in cycles),
        stale=sum(cycle.is_stale for cycle in cycles),
        p50_s=statistics.median(took) if took else None,
        max_s=max(took, default=None),
        bound_s=max((cycle.bound_s for cycle in cycles), default=0.0),
        first_ok_s=max(first, default=None),
    )


def _is_right(row: Summary) -> bool:
    return not (row.lost or row.duplicated or row.wrong or row.stale)


def _text(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f}"
