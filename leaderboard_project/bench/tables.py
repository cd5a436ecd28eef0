"""Results as text for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from leaderboard_project.bench.figures import Figure, Result
from leaderboard_project.bench.targets import target_of

_HEAD = ("way", "figure", "median", "lowest", "highest", "target", "")


def table(result: Result) -> str:
    """The figures of a scenario under its name and sizes, its notes below."""
    sizes = ", ".join(f"{name} {_size(value)}" for name, value in result.sizes.items())
    rows = [_HEAD, *(_row(result, figure) for figure in result.figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [f"{result.scenario}: {sizes}", *(_line(row, widths) for row in rows)]
    lines += [f"  {note}" for note in result.notes]
    if result.errors:
        lines.append(f"  ERRORS: {result.errors}")
    return "\n".join(lines)


def number(value: float) -> str:
    """A figure as people read it: as many digits as mean something.

    >>> [number(value) for value in (12_345.6, 273.42, 9.876, 0.8, 0)]
    ['12,346', '273', '9.88', '0.8', '0']
    """
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _row(result: Result, figure: Figure) -> tuple[str, ...]:
    low, high = figure.spread
    target = target_of(result.scenario, figure)
    told = f"{target.bound} {number(target.value)}" if target else ""
    verdict = ("met" if target.is_met(figure) else "NOT MET") if target and result.full_size else ""
    return figure.way, figure.name, number(figure.median), number(low), number(high), told, verdict


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.rjust(width) if column in {2, 3, 4} else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return ("  " + "  ".join(cells)).rstrip()


def _size(value: float | str) -> str:
    return value if isinstance(value, str) else number(value)
