"""Many sessions at once, as game servers send what can wait a moment: batches over HTTP, frames over a socket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from leaderboard_project.bench.figures import Figure, Result
from leaderboard_project.bench.installation import Installation
from leaderboard_project.bench.load.spec import Load
from leaderboard_project.bench.scenarios import rounds
from leaderboard_project.bench.scenarios.audit import Audit
from leaderboard_project.bench.workbench import Workbench

RATE = "sessions_per_s"
#: So that a few transactions' worth of sessions is under way; more would only wait longer.
_CONNECTIONS = 16
#: Game servers' sockets, and frames that each sends ahead of the answers: as many sessions as by HTTP.
_SOCKETS = 4
_IN_FLIGHT = 4


def batch(bench: Workbench) -> Result:
    """Batches of 100 sessions, each with an idempotency key of its own, on 16 connections."""
    made = bench.installation(bench.options.small)
    connections = bench.options.connections or _CONNECTIONS
    load = bench.load(made.site, "batch", connections)
    return _recorded(bench, "batch", made, {"rankcast": load}, {"connections": connections}, usual=_CONNECTIONS)


def batch_socket(bench: Workbench) -> Result:
    """The same in frames on 4 sockets of game servers, 4 frames ahead of answers; bare, and by our Python client."""
    made = bench.installation(bench.options.small)
    sockets = bench.options.connections or _SOCKETS
    ways = {
        "rankcast": replace(bench.load(made.site, "frames", sockets), in_flight=_IN_FLIGHT),
        "python client": replace(bench.load(made.site, "stream", sockets), in_flight=_IN_FLIGHT),
    }
    sizes = {"sockets": sockets, "frames ahead": _IN_FLIGHT}
    return _recorded(bench, "batch-socket", made, ways, sizes, usual=_SOCKETS)


def _recorded(
    bench: Workbench,
    scenario: str,
    made: Installation,
    ways: Mapping[str, Load],
    sizes: Mapping[str, int],
    *,
    usual: int,
) -> Result:
    outcomes = rounds.in_turn(bench, scenario, ways)
    errors, notes = rounds.failures(outcomes)
    figures: list[Figure] = []
    for way, load in ways.items():
        figures += rounds.figures(way, RATE, outcomes[way], each=load.batch)
        acked = sum(outcome.done for outcome in outcomes[way]) * load.batch
        # The answer to a batch is 200 whatever became of its items: PostgreSQL is asked how many there are.
        lost, audit_notes = Audit.begin(made, prefix=load.prefix).end(acked=acked)
        errors += lost
        notes += tuple(f"{way}: {note}" for note in audit_notes)
    [batch_size] = {load.batch for load in ways.values()}
    return Result(
        scenario=scenario,
        sizes={
            **sizes,
            "sessions in a batch": batch_size,
            "players": made.field.players,
            **bench.options.sizes(),
        },
        full_size=bench.options.connections in {None, usual},
        figures=tuple(figures),
        errors=errors,
        notes=notes,
    )
