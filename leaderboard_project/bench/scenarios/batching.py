"""Batches of sessions in one request: what a game server sends that can wait a moment."""

from __future__ import annotations

from leaderboard_project.bench.figures import Result
from leaderboard_project.bench.scenarios import rounds
from leaderboard_project.bench.scenarios.audit import Audit
from leaderboard_project.bench.workbench import Workbench

_CONNECTIONS = 8


def batch(bench: Workbench) -> Result:
    """Batches of 100 sessions, each with an idempotency key of its own, on 8 connections."""
    made = bench.installation(bench.options.small)
    connections = bench.options.connections or _CONNECTIONS
    load = bench.load(made.site, "batch", connections)
    outcomes = rounds.in_turn(bench, "batch", {"rankcast": load})
    acked = sum(outcome.done for outcome in outcomes["rankcast"]) * load.batch
    errors, notes = rounds.failures(outcomes)
    # The answer to a batch is 200 whatever became of its items: PostgreSQL is asked how many there are.
    lost, audit_notes = Audit.begin(made, prefix=load.prefix).end(acked=acked)
    return Result(
        scenario="batch",
        sizes={
            "connections": connections,
            "sessions in a batch": load.batch,
            "players": made.field.players,
            "seconds": bench.options.seconds,
            "rounds": bench.options.rounds,
            "processes": bench.options.processes,
        },
        full_size=True,
        figures=rounds.figures("rankcast", "sessions_per_s", outcomes["rankcast"], each=load.batch),
        errors=errors + lost,
        notes=(*notes, *audit_notes),
    )
