"""A busy evening: submits come by the clock, a crowd watches, and in the end everything must be right."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import psycopg

from leaderboard_project.bench.field import username
from leaderboard_project.bench.figures import Figure, Result
from leaderboard_project.bench.installation import Installation
from leaderboard_project.bench.load import running
from leaderboard_project.bench.load.prober import Probe, Prober
from leaderboard_project.bench.load.spec import percentile
from leaderboard_project.bench.load.watching import Seen, Watching, watching
from leaderboard_project.bench.scenarios.audience import PROBED
from leaderboard_project.bench.workbench import Workbench

_SUBMITS_PER_S = 2_500
_SOCKETS = 1_000
_CONNECTIONS = 64
_ROUND_S = 30.0
#: Between two probes, in seconds.
_APART_S = 0.2
_PATIENCE_S = 10.0
#: How long everything may take to come to rest, in seconds.
_REST_S = 10.0
_SUM = "SELECT count(*), coalesce(sum(score), 0) FROM game_sessions"


def evening(bench: Workbench) -> Result:
    """2,500 submits a second by the clock for 30 s while 1,000 sockets watch: latencies, and nothing lost."""
    made = bench.installation(bench.options.small)
    sockets = bench.options.connections or _SOCKETS
    seconds = _ROUND_S if sockets == _SOCKETS else bench.options.seconds
    per_s = _SUBMITS_PER_S if sockets == _SOCKETS else 5 * sockets
    load = bench.load(made.site, "submit", _CONNECTIONS, seconds=seconds).by_the_clock(per_s, first=PROBED + 1)
    with ExitStack() as ends:
        crowd = ends.enter_context(watching(made.site.address, username(PROBED), subscribes=True))
        prober = ends.enter_context(Prober(made.site.address, made.site.api_key, PROBED))
        bench.progress.begin(f"evening: opening {sockets:,} sockets")
        crowd.open(sockets)
        prober.submit()
        before = _in_postgresql(made)
        bench.progress.begin(f"evening: {per_s:,} submits a second for {seconds:.0f} s")
        with running.started(load, "own") as client:
            probes = follow(crowd, prober, seconds)
            loaded = client.result()
        stored = tuple(now - then for now, then in zip(_in_postgresql(made), before, strict=True))
        wrong = _differences(made, crowd, sockets)
    acked = (loaded.done + len(probes), loaded.points + len(probes))
    missing = sum(seen.readers - seen.have_it for _, seen in probes)
    lost = _unlike(acked, stored, exactly=not loaded.failed) + missing + len(wrong)
    times = sorted((seen.last - probe.begun) * 1000 for probe, seen in probes)
    values = {
        "offered_per_s": float(per_s),
        "acked_per_s": loaded.per_s,
        "ack_p50_ms": loaded.p50_ms,
        "ack_p99_ms": loaded.p99_ms,
        "ack_max_ms": loaded.max_ms,
        "last_p50_ms": percentile(times, 50),
        "last_p99_ms": percentile(times, 99),
        "lost": float(lost),
    }
    return Result(
        scenario="evening",
        sizes={
            "sockets": sockets,
            "connections": _CONNECTIONS,
            "players": made.field.players,
            "seconds": seconds,
            "processes": bench.options.processes,
        },
        full_size=sockets == _SOCKETS,
        figures=tuple(Figure("rankcast", name, (value,)) for name, value in values.items()),
        errors=loaded.failed + lost,
        notes=(
            f"acknowledged {acked[0]:,} sessions of {acked[1]:,} points; PostgreSQL has {stored[0]:,} of {stored[1]:,}",
            f"last_*: from the begin of a transaction to the last of all sockets, {len(probes)} sessions followed",
            *wrong,
            *(f"{number} submits failed: {how}" for how, number in loaded.failures.items()),
        ),
    )


def _unlike(acked: Sequence[int], stored: Sequence[int], *, exactly: bool) -> int:
    """Sessions and points that were acknowledged and are not stored; where all were, also those stored beyond."""
    missing = [here - there for here, there in zip(acked, stored, strict=True)]
    return sum(abs(number) if exactly else max(0, number) for number in missing)


def follow(crowd: Watching, prober: Prober, seconds: float) -> list[tuple[Probe, Seen]]:
    """Submit one probe after another for so long, and follow each to the last socket."""
    found: list[tuple[Probe, Seen]] = []
    ends = time.monotonic() + seconds
    while not found or time.monotonic() < ends:
        began = time.monotonic()
        probe = prober.submit()
        found.append((probe, crowd.seen(probe.total, within_s=_PATIENCE_S)))
        time.sleep(max(0.0, _APART_S - (time.monotonic() - began)))
    return found


def top(address: tuple[str, int]) -> dict[str, Any]:
    """The board as the API tells it."""
    url = f"http://{address[0]}:{address[1]}/api/leaderboard/top"
    with urllib.request.urlopen(url, timeout=_PATIENCE_S) as response:
        told: dict[str, Any] = json.load(response)
    return {"epoch": told["epoch"], "seq": told["seq"], "rows": told["top_players"]}


def _in_postgresql(made: Installation) -> tuple[int, int]:
    with psycopg.connect(made.addresses.database_url) as connection:
        row = connection.execute(_SUM).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def _differences(made: Installation, crowd: Watching, sockets: int) -> Sequence[str]:
    """What the sockets show that the API does not, once everything has come to rest; nothing, if all is well."""
    deadline = time.monotonic() + _REST_S
    while True:
        board, state = top(made.site.address), crowd.state()
        wrong = []
        if state["seqs"] != {str(board["seq"]): sockets}:
            wrong.append(f"WRONG: the sockets stand at {state['seqs']}, the API at {board['seq']}")
        if any(shown != board for shown in state["boards"]):
            wrong.append("WRONG: a board that was folded from all frames differs from GET top")
        if state["lost"]:
            wrong.append(f"WRONG: {state['lost']} sockets were closed")
        if not wrong or time.monotonic() >= deadline:
            return wrong
        time.sleep(0.2)
