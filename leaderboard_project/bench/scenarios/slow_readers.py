"""Sockets that never read, among others that do: nobody else waits for them, and they take little memory."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace

from leaderboard_project.bench.costs import private_bytes, unread_connections
from leaderboard_project.bench.field import STARS, username
from leaderboard_project.bench.figures import Figure, Result, ratio
from leaderboard_project.bench.load import running
from leaderboard_project.bench.load.prober import Prober
from leaderboard_project.bench.load.spec import percentile
from leaderboard_project.bench.load.watching import watching
from leaderboard_project.bench.scenarios.audience import PROBED
from leaderboard_project.bench.scenarios.evening import follow
from leaderboard_project.bench.serving import served
from leaderboard_project.bench.workbench import Workbench

_SOCKETS = 1_000
#: One in so many sockets does not read.
_ONE_IN = 5
#: Submits of the other nine leaders: all rows of the top change with every tick.
_SUBMITS_PER_S = 200.0
_CONNECTIONS = 8
_NARROW = 4096


def slow_readers(bench: Workbench) -> Result:
    """1,000 sockets, all reading, then 200 of them not, in turn: the p99 of those who read, and the memory."""
    made = bench.installation(bench.options.small)
    sockets = bench.options.connections or _SOCKETS
    mute = sockets // _ONE_IN
    everybody: list[float] = []
    healthy: list[float] = []
    missing, resident, blocked = 0, [], 0
    with ExitStack() as ends:
        address, web, _ = ends.enter_context(
            served("slow-readers", made.environment, bench.options.processes, bench.progress, send_buffer=_NARROW)
        )
        site = replace(made.site, address=address, web=web)
        crowd = ends.enter_context(watching(address, username(PROBED), subscribes=True))
        prober = ends.enter_context(Prober(address, site.api_key, PROBED))
        bench.progress.begin(f"slow-readers: opening {sockets:,} sockets")
        crowd.open(sockets - mute)
        crowd.open(mute, narrow=True)
        storm = bench.load(site, "submit", _CONNECTIONS).by_the_clock(_SUBMITS_PER_S, first=PROBED + 1)
        for number in range(1, bench.options.rounds + 1):
            for way, muted, found in (("all read", 0, everybody), (f"{mute} do not read", mute, healthy)):
                bench.progress.begin(f"slow-readers: round {number} of {bench.options.rounds}, {way}")
                crowd.mute(muted)
                prefix = f"{storm.prefix}-{number}-{muted}"
                with running.started(replace(storm, last=STARS, prefix=prefix), "own") as client:
                    probes = follow(crowd, prober, bench.options.seconds)
                    client.result()
                blocked = max(blocked, unread_connections(address[1]))
                missing += sum(seen.readers - seen.have_it for _, seen in probes)
                found.append(percentile(sorted((seen.p99 - probe.begun) * 1000 for probe, seen in probes), 99))
                resident.append(private_bytes(site.pids))
        crowd.mute(0)
        lost = crowd.state()["lost"]
    name = "healthy_p99_ms"
    all_read, some_do_not = Figure("all read", name, tuple(everybody)), Figure("rankcast", name, tuple(healthy))
    measured = [size for size in resident if size is not None]
    growth = [(max(measured) - measured[0]) / 2**20] if measured else []
    return Result(
        scenario="slow-readers",
        sizes={
            "sockets": sockets,
            "that never read": mute,
            "submits/s": _SUBMITS_PER_S,
            **bench.options.sizes(),
        },
        full_size=sockets == _SOCKETS,
        figures=(
            all_read,
            some_do_not,
            ratio(name, some_do_not, all_read),
            *(Figure("rankcast", "growth_mib", (value,)) for value in growth),
        ),
        errors=missing + lost,
        notes=(
            f"the kernel keeps {_NARROW // 1024} KiB a socket; at the end of a round {blocked} held unread bytes",
            *([f"{missing} frames and {lost} sockets were lost"] if missing + lost else []),
        ),
    )
