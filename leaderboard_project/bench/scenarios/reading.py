"""Reads on a large board: its top, a random player's rank, the rows around them."""

from __future__ import annotations

from leaderboard_project.bench.figures import Figure, Result
from leaderboard_project.bench.load.spec import Kind
from leaderboard_project.bench.scenarios import rounds
from leaderboard_project.bench.workbench import Workbench

RATE = "reads_per_s"
KINDS: tuple[Kind, ...] = ("top", "rank", "around")
_CONNECTIONS = 64
_LARGE = 1_000_000


def reads(bench: Workbench) -> Result:
    """Top, rank and around of random players on the large board, 64 connections."""
    site = bench.installation(bench.options.players).site
    connections = bench.options.connections or _CONNECTIONS
    outcomes = rounds.in_turn(bench, "reads", {kind: bench.load(site, kind, connections) for kind in KINDS})
    figures: list[Figure] = []
    for kind in KINDS:
        figures += rounds.figures(kind, RATE, outcomes[kind])
    errors, notes = rounds.failures(outcomes)
    return Result(
        scenario="reads",
        sizes={
            "connections": connections,
            "players": site.players,
            **bench.options.sizes(),
        },
        full_size=connections == _CONNECTIONS and site.players >= _LARGE,
        figures=tuple(figures),
        errors=errors,
        notes=notes,
    )
