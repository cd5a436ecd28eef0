"""Sockets that watch a board: how long until the last of them has a change, and what one of them costs."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace

from leaderboard_project.bench.costs import private_bytes, processor_s
from leaderboard_project.bench.field import username
from leaderboard_project.bench.figures import Figure, Result, ratio
from leaderboard_project.bench.installation import Site
from leaderboard_project.bench.load.prober import Prober
from leaderboard_project.bench.load.watching import Watching, watching
from leaderboard_project.bench.serving import served
from leaderboard_project.bench.workbench import Workbench

#: Player 1 leads by far: every session of theirs changes the first row.
PROBED = 1
_SOCKETS = 1_000
_MANY_SOCKETS = 4_000
#: Between two sessions, in seconds: longer than a tick, so that each is pushed at once.
_APART_S = 0.25
#: Sockets that are opened before those that are measured.
_WARM_UP = 4
#: So long after a change even the plain way has told everybody, or never will.
_PATIENCE_S = 15.0


def audience(bench: Workbench) -> Result:
    """1,000 sockets on one process: until the last one has a change; the product and the plain way."""
    made = bench.installation(bench.options.small)
    sites = {"rankcast": made.site, "plain": bench.plain(bench.options.small)}
    return _watched(bench, "audience", sites, bench.options.connections or _SOCKETS, _SOCKETS)


def audience_4000(bench: Workbench) -> Result:
    """4,000 sockets on one process: the same, the memory of each, and how fast new ones come in."""
    made = bench.installation(bench.options.small)
    # Processes of its own: those that had sockets before would give new ones the memory of the old.
    with served("audience-4000", made.environment, bench.options.processes, bench.progress) as (address, web, _):
        sites = {"rankcast": replace(made.site, address=address, web=web)}
        return _watched(bench, "audience-4000", sites, bench.options.connections or _MANY_SOCKETS, _MANY_SOCKETS)


def size_sockets(bench: Workbench) -> Result:
    """250, 1,000 and 4,000 sockets on one process: until half of them, and the last one, have a change."""
    made = bench.installation(bench.options.small)
    most = bench.options.connections or _MANY_SOCKETS
    results = []
    for sockets in (max(1, most // 16), max(1, most // 4), most):
        with served("size-sockets", made.environment, bench.options.processes, bench.progress) as (address, web, _):
            sites = {f"watched, {sockets:,} sockets": replace(made.site, address=address, web=web)}
            results.append(_watched(bench, "size-sockets", sites, sockets, sockets))
    return replace(
        results[-1],
        figures=tuple(figure for result in results for figure in result.figures),
        errors=sum(result.errors for result in results),
        notes=tuple(dict.fromkeys(note for result in results for note in result.notes)),
    )


@dataclass
class _Crowd:
    """The open sockets of one site, and what was found out about them, one value per round."""

    site: Site
    watching: Watching
    prober: Prober
    connects_per_s: float = 0.0
    shown_per_s: float = 0.0
    kib_per_socket: float | None = None
    last_ms: list[float] = field(default_factory=list)
    median_ms: list[float] = field(default_factory=list)
    after_ack_ms: list[float] = field(default_factory=list)
    open_cpu_us: dict[str, float] = field(default_factory=dict)
    frame_cpu_us: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    missing: int = 0

    def gather(self, sockets: int) -> None:
        """Open the sockets, and see what they cost."""
        self.prober.submit()  # whatever is made at the first use is no cost of a socket
        self.watching.open(_WARM_UP)
        before = private_bytes(self.site.pids)
        took = self._processor_s()
        self.connects_per_s, self.shown_per_s = self.watching.open(sockets)
        self.open_cpu_us = {who: (s - took[who]) / sockets * 1e6 for who, s in self._processor_s().items()}
        after = private_bytes(self.site.pids)
        if before is not None and after is not None:
            self.kib_per_socket = (after - before) / 1024 / sockets

    def probe(self, seconds: float) -> None:
        """One round: sessions one after the other, each followed to the last socket."""
        last: list[float] = []
        median: list[float] = []
        after_ack: list[float] = []
        took, frames = self._processor_s(), 0
        ends = time.monotonic() + seconds
        while not last or time.monotonic() < ends:
            probe = self.prober.submit()
            seen = self.watching.seen(probe.total, within_s=_PATIENCE_S)
            self.missing += seen.readers - seen.have_it
            frames += seen.have_it
            last.append((seen.last - probe.begun) * 1000)
            median.append((seen.median - probe.begun) * 1000)
            after_ack.append(max(0.0, seen.last - probe.acked) * 1000)
            time.sleep(_APART_S)
        for values, found in ((self.last_ms, last), (self.median_ms, median), (self.after_ack_ms, after_ack)):
            values.append(sorted(found)[len(found) // 2])
        for who, s in self._processor_s().items():
            self.frame_cpu_us[who].append((s - took[who]) / max(frames, 1) * 1e6)

    def _processor_s(self) -> dict[str, float]:
        """So far, of the web processes and of the viewers: whether we measure the one or the other."""
        return {"web": processor_s(self.site.pids), "viewers": processor_s([self.watching.process.pid])}

    def figures(self, way: str) -> dict[str, Figure]:
        """By name."""
        found = {
            "last_ms": tuple(self.last_ms),
            "median_ms": tuple(self.median_ms),
            "after_ack_ms": tuple(self.after_ack_ms),
            "connects_per_s": (self.connects_per_s,),
            "shown_per_s": (self.shown_per_s,),
            **{f"{who}_cpu_us_per_frame": tuple(runs) for who, runs in self.frame_cpu_us.items()},
            **{f"{who}_cpu_us_per_connect": (value,) for who, value in self.open_cpu_us.items()},
        }
        if self.kib_per_socket is not None:
            found["kib_per_socket"] = (self.kib_per_socket,)
        return {name: Figure(way, name, runs) for name, runs in found.items()}


def _watched(bench: Workbench, scenario: str, sites: Mapping[str, Site], sockets: int, usual: int) -> Result:
    with ExitStack() as ends:
        crowds = {way: ends.enter_context(_crowd(site)) for way, site in sites.items()}
        for way, crowd in crowds.items():
            bench.progress.begin(f"{scenario}: opening {sockets:,} sockets, {way}")
            crowd.gather(sockets)
        for number in range(1, bench.options.rounds + 1):
            for way, crowd in crowds.items():
                bench.progress.begin(f"{scenario}: round {number} of {bench.options.rounds}, {way}")
                crowd.probe(bench.options.seconds)
        lost = {way: crowd.watching.state()["lost"] + crowd.missing for way, crowd in crowds.items()}
    figures = {way: crowd.figures(way) for way, crowd in crowds.items()}
    ratios = []
    if len(figures) == 2:
        ours, plain = figures.values()
        ratios = [ratio("last_ms", plain["last_ms"], ours["last_ms"])]
    return Result(
        scenario=scenario,
        sizes={
            "sockets": sockets,
            "players": bench.options.small,
            **bench.options.sizes(),
        },
        full_size=sockets == usual,
        figures=(*(figure for found in figures.values() for figure in found.values()), *ratios),
        errors=sum(lost.values()),
        notes=(
            "last_ms and median_ms count from the begin of the transaction, so they hold the commit as well",
            "*_cpu_us_per_frame is processor time from one change to the next, for each socket; the viewers work at the"
            " same time as the web process",
            "kib_per_socket is memory of the web process; the kernel's buffers come on top",
            *(f"{way}: {number} frames or sockets were lost" for way, number in lost.items() if number),
        ),
    )


@contextmanager
def _crowd(site: Site) -> Iterator[_Crowd]:
    subscribes = site.name != "plain"
    with (
        watching(site.address, username(PROBED), subscribes=subscribes) as found,
        Prober(site.address, site.api_key, PROBED) as prober,
    ):
        yield _Crowd(site, found, prober)
