"""What the safety net costs: submits at full speed while the worker reads each of them once more, and without it."""

from __future__ import annotations

import signal
import time
from typing import Final

from leaderboard_project.bench.costs import processor_s
from leaderboard_project.bench.errors import BenchFailed
from leaderboard_project.bench.figures import Figure, Result, ratio
from leaderboard_project.bench.installation import Installation
from leaderboard_project.bench.scenarios import rounds
from leaderboard_project.bench.scenarios.audit import Audit
from leaderboard_project.bench.serving import end
from leaderboard_project.bench.workbench import Workbench
from scores.valkey import Valkey

RATE: Final = "sessions_per_s"
_CONNECTIONS: Final = 64
_WITH, _WITHOUT = "with the worker", "without"
_META: Final = "{global:all}:meta"
#: A worker that has not caught up after so long has failed, in seconds.
_PATIENCE_S: Final = 60.0
_ASK_EVERY_S: Final = 0.05


def reconciler(bench: Workbench) -> Result:
    """64 connections submit, in turn with the worker running and with none: how much of the rate it costs."""
    made = bench.installation(bench.options.small)
    connections = bench.options.connections or _CONNECTIONS
    loads = {way: bench.load(made.site, "submit", connections) for way in (_WITH, _WITHOUT)}
    worker = _Worker(made)
    try:
        outcomes = rounds.in_turn(bench, "reconciler", loads, worker.prepare)
    finally:
        worker.prepare(_WITH)
    figures = {way: rounds.figures(way, RATE, found) for way, found in outcomes.items()}
    errors, notes = rounds.failures(outcomes)
    for way, load in loads.items():
        acked = sum(outcome.done for outcome in outcomes[way])
        lost, audit_notes = Audit.begin(made, prefix=load.prefix).end(acked=acked)
        errors += lost
        notes += tuple(f"{way}: {note}" for note in audit_notes)
    # The first turn is the one that warms up.
    taken = [after - before for before, after in worker.turns[1:]]
    cost = Figure(
        _WITH,
        "worker_cpu_us",
        tuple(1e6 * cpu_s / max(1, outcome.done) for cpu_s, outcome in zip(taken, outcomes[_WITH], strict=True)),
    )
    return Result(
        scenario="reconciler",
        sizes={"connections": connections, "players": made.field.players, **bench.options.sizes()},
        full_size=connections == _CONNECTIONS,
        figures=(*figures[_WITH], cost, *figures[_WITHOUT], ratio(RATE, figures[_WITH][0], figures[_WITHOUT][0])),
        errors=errors,
        notes=notes,
    )


class _Worker:
    """The worker of an installation, which comes and goes."""

    def __init__(self, made: Installation) -> None:
        self._child = made.worker
        self._valkey = Valkey(made.addresses.redis_url)
        #: Its processor time at the beginning and at the end of each turn that it was running in, in seconds.
        self.turns: list[tuple[float, float]] = []
        self._began_with: float | None = None

    def prepare(self, way: str) -> None:
        """Start it and let it catch up, or stop it."""
        if self._began_with is not None:
            self.turns.append((self._began_with, self._processor_s()))
            self._began_with = None
        if way == _WITHOUT:
            end([self._child], signal.SIGTERM)
            return
        if not self._child.is_running():
            self._child.start()
        self._wait_until_it_has_caught_up()
        self._began_with = self._processor_s()

    def _processor_s(self) -> float:
        assert self._child.pid is not None
        return processor_s([self._child.pid])

    def _wait_until_it_has_caught_up(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            written, covered = self._valkey.commands([("HMGET", _META, "written", "covered")])[0]
            if (written or "0") == covered:
                return
            if time.monotonic() >= deadline:
                raise BenchFailed(f"The worker has not caught up within {_PATIENCE_S:.0f} s.")
            time.sleep(_ASK_EVERY_S)
