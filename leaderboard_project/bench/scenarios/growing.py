"""How cost grows with the number of players, from ten thousand to the large board."""

from __future__ import annotations

from leaderboard_project.bench.figures import Result
from leaderboard_project.bench.load.spec import Kind, Load
from leaderboard_project.bench.scenarios import rounds
from leaderboard_project.bench.workbench import Workbench

_CONNECTIONS = 64
_KINDS: tuple[Kind, ...] = ("submit", "top", "rank", "around")


def size(bench: Workbench) -> Result:
    """Submits and reads per second on boards of 10 k, 100 k and 1 M players, in turn."""
    connections = bench.options.connections or _CONNECTIONS
    loads: dict[str, Load] = {}
    for players in sizes(bench.options.small, bench.options.players):
        site = bench.installation(players).site
        loads |= {f"{kind}, {players:,} players": bench.load(site, kind, connections) for kind in _KINDS}
    outcomes = rounds.in_turn(bench, "size", loads)
    errors, notes = rounds.failures(outcomes)
    return Result(
        scenario="size",
        sizes={
            "connections": connections,
            "seconds": bench.options.seconds,
            "rounds": bench.options.rounds,
            "processes": bench.options.processes,
        },
        full_size=True,
        figures=tuple(
            figure
            for way, found in outcomes.items()
            for figure in rounds.figures(way, "requests_per_s", found)
            if figure.name in {"requests_per_s", "web_cpu_us"}
        ),
        errors=errors,
        notes=notes,
    )


def sizes(smallest: int, largest: int) -> list[int]:
    """Tenfold steps from the smallest to the largest, both among them.

    >>> sizes(10_000, 1_000_000), sizes(10_000, 10_000), sizes(10_000, 50_000)
    ([10000, 100000, 1000000], [10000], [10000, 50000])
    """
    found = [smallest]
    while found[-1] * 10 < largest:
        found.append(found[-1] * 10)
    return found if found[-1] == largest else [*found, largest]
