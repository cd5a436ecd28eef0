"""Single submits: against the plain way, on one connection, and on a small board against a large one."""

from __future__ import annotations

from leaderboard_project.bench.figures import Result, ratio
from leaderboard_project.bench.installation import Installation, Site
from leaderboard_project.bench.load.spec import Loaded
from leaderboard_project.bench.scenarios import rounds
from leaderboard_project.bench.scenarios.audit import Audit
from leaderboard_project.bench.workbench import Workbench

RATE = "sessions_per_s"
_CONNECTIONS = 64
#: From so many players on, the large board is the one that the target means.
_LARGE = 1_000_000


def submit(bench: Workbench) -> Result:
    """64 connections, API key, Idempotency-Key, rank in the answer: the product and the plain way."""
    made = bench.installation(bench.options.small)
    plain = bench.plain(bench.options.small)
    return _compared(bench, "submit", made, {"rankcast": made.site, "plain": plain}, _CONNECTIONS)


def submit_one(bench: Workbench) -> Result:
    """The same on one connection, where only latency counts."""
    made = bench.installation(bench.options.small)
    plain = bench.plain(bench.options.small)
    return _compared(bench, "submit-one", made, {"rankcast": made.site, "plain": plain}, 1)


def submit_size(bench: Workbench) -> Result:
    """Submits to a large board against submits to a small one."""
    small, large = bench.installation(bench.options.small), bench.installation(bench.options.players)
    ways = {f"{made.field.players:,} players": made.site for made in (large, small)}
    return _compared(bench, "submit-size", large, ways, _CONNECTIONS)


def _compared(
    bench: Workbench, scenario: str, made: Installation, ways: dict[str, Site], usual_connections: int
) -> Result:
    connections = (
        bench.options.connections if bench.options.connections and usual_connections > 1 else usual_connections
    )
    loads = {way: bench.load(site, "submit", connections) for way, site in ways.items()}
    audit = Audit.begin(made, prefix=loads[next(iter(ways))].prefix)
    outcomes = rounds.in_turn(bench, scenario, loads)
    figures = {way: rounds.figures(way, RATE, outcome) for way, outcome in outcomes.items()}
    one, other = figures.values()
    errors, notes = rounds.failures(outcomes)
    lost, audit_notes = audit.end(acked=_acked(outcomes[next(iter(ways))]))
    return Result(
        scenario=scenario,
        sizes={
            "connections": connections,
            "players": made.field.players,
            **bench.options.sizes(),
        },
        full_size=connections == usual_connections and (scenario != "submit-size" or made.field.players >= _LARGE),
        figures=(*one, *other, ratio(RATE, one[0], other[0]), ratio("web_cpu_us", one[4], other[4])),
        errors=errors + lost,
        notes=(*notes, *audit_notes),
    )


def _acked(outcomes: list[Loaded]) -> int:
    return sum(outcome.done for outcome in outcomes)
