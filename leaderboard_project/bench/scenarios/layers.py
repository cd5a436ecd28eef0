"""What each layer of a submit costs: the same requests with parts of the road taken away."""

from __future__ import annotations

from dataclasses import replace

from leaderboard_project.bench.figures import Result, ratio
from leaderboard_project.bench.scenarios import rounds
from leaderboard_project.bench.serving import served
from leaderboard_project.bench.workbench import Workbench

_CONNECTIONS = 64
_FAST, _DJANGO = "submit, fast door", "submit, Django REST framework"


def layers(bench: Workbench) -> Result:
    """Submits by the fast door and past it, a read of the top, and an answer that asks nobody: requests per second."""
    made = bench.installation(bench.options.small)
    connections = bench.options.connections or _CONNECTIONS
    environment = {**made.environment, "RANKCAST_FAST_DOOR": "0"}
    with served("layers", environment, bench.options.processes, bench.progress) as (address, web, _):
        slow = replace(made.site, address=address, web=web)
        ways = {
            "answer that asks nobody": bench.load(made.site, "alive", connections),
            "top": bench.load(made.site, "top", connections),
            _FAST: bench.load(made.site, "submit", connections),
            _DJANGO: bench.load(slow, "submit", connections),
        }
        outcomes = rounds.in_turn(bench, "layers", ways)
    errors, notes = rounds.failures(outcomes)
    figures = {way: rounds.figures(way, "requests_per_s", found) for way, found in outcomes.items()}
    rates = {way: found[0] for way, found in figures.items()}
    return Result(
        scenario="layers",
        sizes={
            "connections": connections,
            "players": made.field.players,
            **bench.options.sizes(),
        },
        full_size=connections == _CONNECTIONS,
        figures=(
            *(figure for found in figures.values() for figure in found),
            ratio("requests_per_s", rates[_FAST], rates[_DJANGO]),
        ),
        errors=errors,
        notes=notes,
    )
