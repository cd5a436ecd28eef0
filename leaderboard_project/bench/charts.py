"""Draws the charts of docs/performance.md from the benchmark's results. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

_WIDTH = 720
_ROW = 30
_LABELS = 250
_COLOURS = ("#1f6feb", "#8b949e", "#1a7f37", "#9a6700")
_FONT = 'font-family="system-ui, sans-serif" font-size="13"'


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of a bar chart; bars of one group are drawn to one scale."""

    group: str
    label: str
    value: float


def bars(title: str, values: Sequence[Bar]) -> str:
    """A chart of horizontal bars, as SVG."""
    height = 50 + _ROW * (len(values) + len({bar.group for bar in values}))
    parts = [_text(16, 26, title, bold=True)]
    y, group, colour = 40, "", 0
    for bar in values:
        if bar.group != group:
            group, colour = bar.group, 0
            parts.append(_text(16, y + 20, group))
            y += _ROW
        longest = max(other.value for other in values if other.group == group) or 1.0
        length = max(2.0, (_WIDTH - _LABELS - 100) * bar.value / longest)
        parts.append(_text(32, y + 17, bar.label))
        parts.append(
            f'<rect x="{_LABELS}" y="{y + 3}" width="{length:.1f}" height="20" rx="3" fill="{_COLOURS[colour]}"/>'
        )
        parts.append(_text(_LABELS + length + 8, y + 17, _number(bar.value)))
        y, colour = y + _ROW, min(colour + 1, len(_COLOURS) - 1)
    return _svg(height, title, parts)


def lines(title: str, across: str, series: dict[str, list[tuple[float, float]]]) -> str:
    """A chart of lines over a logarithmic axis, as SVG; the vertical axis begins at 0."""
    left, right, top, bottom = 70, _WIDTH - 130, 50, 330
    every = [point for points in series.values() for point in points]
    low, high = (math.log10(limit(x for x, _ in every)) for limit in (min, max))
    most = round_up(max(y for _, y in every))
    parts = [_text(16, 26, title, bold=True), _text(left, bottom + 44, across)]

    def place(x: float, y: float) -> tuple[float, float]:
        share = (math.log10(x) - low) / (high - low) if high > low else 0.5
        return left + (right - left) * share, bottom - (bottom - top) * y / most

    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = place(10**low, most * share)[1]
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#d0d7de"/>')
        parts.append(_text(left - 8, y + 4, _number(most * share), anchor="end"))
    parts += [_text(place(x, 0)[0], bottom + 22, _number(x), anchor="middle") for x in sorted({x for x, _ in every})]
    for colour, (name, points) in zip(_COLOURS, series.items(), strict=False):
        placed = [place(x, y) for x, y in sorted(points)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in placed]
        parts.append(_text(placed[-1][0] + 10, placed[-1][1] + 4, name, colour=colour))
    return _svg(bottom + 60, title, parts)


def round_up(value: float) -> float:
    """The end of an axis whose quarters are short numbers too.

    >>> [round_up(value) for value in (108, 14_213, 19.1, 0.7)]
    [120.0, 16000.0, 20.0, 0.8]
    """
    power = 10.0 ** math.floor(math.log10(value)) if value > 0 else 1.0
    ends = (round(step * power, 9) for step in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 6, 8, 10))
    return next(end for end in ends if end >= value)


def ways_chart(results: Sequence[dict[str, Any]]) -> str | None:
    """The product beside the plain way; None without the figures."""
    wanted = [
        ("submit", "sessions_per_s", "durable submits per second, 64 connections"),
        ("submit-one", "p50_ms", "one connection: median of a submit, ms (shorter is better)"),
        ("audience", "last_ms", "1,000 sockets: until the last has a change, ms (shorter is better)"),
    ]
    found = [
        Bar(words, way, figure["median"])
        for scenario, name, words in wanted
        for way in ("rankcast", "plain")
        for figure in _figures(results, scenario)
        if (figure["way"], figure["name"]) == (way, name)
    ]
    return bars("Rankcast and the plain way, one web process each", found) if found else None


def grown(results: Sequence[dict[str, Any]], scenario: str, name: str) -> dict[str, dict[float, float]]:
    """The medians of a scenario that measures how `name` grows: by kind of request, then by size."""
    series: dict[str, dict[float, float]] = {}
    for figure in _figures(results, scenario):
        if figure["name"] == name:
            kind, _, size = figure["way"].partition(", ")
            series.setdefault(kind, {})[float(size.split()[0].replace(",", ""))] = figure["median"]
    return series


def size_chart(results: Sequence[dict[str, Any]]) -> str | None:
    """Requests per second over the number of players; None without the figures."""
    found = grown(results, "size", "requests_per_s")
    return _over("Requests per second by players on the board", "players", found)


def batch_chart(results: Sequence[dict[str, Any]]) -> str | None:
    """Sessions per second over the size of frames; None without the figures."""
    found = grown(results, "size-batch", "sessions_per_s")
    return _over("Sessions per second by sessions in a frame, 4 sockets", "sessions in a frame", found)


def sockets_chart(results: Sequence[dict[str, Any]]) -> str | None:
    """Until half of the sockets, and the last, have a change; None without the figures."""
    series: dict[str, dict[float, float]] = {}
    for name, words in (("last_ms", "the last"), ("median_ms", "half of them")):
        for points in grown(results, "size-sockets", name).values():
            series[words] = points
    return _over("Until a change is there, ms, by sockets on one process", "sockets", series)


def cost_chart(results: Sequence[dict[str, Any]]) -> str | None:
    """Whose processor time a submit takes; None without the figures."""
    wanted = [("submit", "one submit, 64 connections, µs"), ("batch-socket", "one session in frames of 100, µs")]
    who = {"web": "web process", "postgresql": "PostgreSQL", "valkey": "Valkey", "client": "load client"}
    found = [
        Bar(group, words, figure["median"])
        for scenario, group in wanted
        for name, words in who.items()
        for figure in _figures(results, scenario)
        if (figure["way"], figure["name"]) == ("rankcast", f"{name}_cpu_us")
    ]
    return bars("Processor time, and who takes it", found) if found else None


def _over(title: str, across: str, series: dict[str, dict[float, float]]) -> str | None:
    return lines(title, across, {name: list(points.items()) for name, points in series.items()}) if series else None


def _figures(results: Sequence[dict[str, Any]], scenario: str) -> Iterable[dict[str, Any]]:
    return (figure for result in results if result["scenario"] == scenario for figure in result["figures"])


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _text(x: float, y: float, text: str, *, bold: bool = False, anchor: str = "start", colour: str = "#1f2328") -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" {_FONT}{weight} text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _svg(height: float, title: str, parts: Sequence[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" role="img" width="{_WIDTH}">'
    ground = f'<title>{escape(title)}</title><rect width="{_WIDTH}" height="{height:.0f}" fill="#ffffff"/>'
    return "\n".join([head, ground, *parts, "</svg>\n"])
