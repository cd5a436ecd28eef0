"""Faults of the product's own processes: they die at named points, stand still, come twice, lose what they publish."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx

from tests.acceptance.serving import eventually
from tests.faults.parts import Part
from tests.faults.stage import Fault, Meeting, NotHere, Stage

#: How long a process may take to come to a point that it is armed at.
_REACHED_S = 40.0
_FAKETIME = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
)
_HOUR_S = 3600


def web_dies(point: str, probability: float) -> Fault:
    """A web process is killed at the point, under load; the other one serves on."""

    def fault(stage: Stage, meeting: Meeting) -> float:
        stage.rig.restart_web(0, stage.armed(f"{point}=kill@{probability}")).wait(_REACHED_S)
        died = time.monotonic()
        meeting.after.callback(stage.rig.restart_web, 0)
        return died

    return fault


def worker_dies(point: str, probability: float, *, rebuilding: bool = False, sweeping: bool = False) -> Fault:
    """The worker is killed at the point, and another one starts: from then on the bound counts."""

    def fault(stage: Stage, meeting: Meeting) -> float:
        victim = stage.rig.restart_worker(stage.armed(f"{point}=kill@{probability}"))
        if rebuilding:
            meeting.back_in_time = True
            stage.stores.valkey.flushall()
        if sweeping:
            stage.load.end()
            edit_by_hand(stage)
        victim.wait(_REACHED_S)
        stage.rig.restart_worker()
        return time.monotonic()

    return fault


def edit_by_hand(stage: Stage) -> None:
    """Somebody changes totals in Valkey, takes a player out, and puts a stranger in."""
    assert eventually(lambda: len(stage.stores.ranks() or {}) > 1, within_s=_REACHED_S), "there is nobody to edit"
    tag = "{global:all}"
    generation: Any = stage.stores.valkey.hget(f"{tag}:meta", "generation")
    ranks = f"{tag}:{generation}:ranks"
    last, but_one = cast("list[str]", stage.stores.valkey.zrevrange(ranks, 0, 1))
    stage.stores.valkey.zadd(ranks, {last: -(10**9)})
    stage.stores.valkey.zrem(ranks, but_one)
    stage.stores.valkey.zadd(ranks, {f"{10**9:012d}": -1})


def hand_edit(stage: Stage, meeting: Meeting) -> float:
    """What somebody changed in Valkey by hand is found by the sweeper, which begins with its worker."""
    stage.load.end()
    edit_by_hand(stage)
    stage.rig.restart_worker()
    return time.monotonic()


def all_webs_die(stage: Stage, meeting: Meeting) -> float:
    """Nobody serves; the bound counts from the moment when somebody does again."""
    for number in range(len(stage.rig.webs)):
        stage.rig.restart_web(number)
    assert eventually(stage.rig.is_ready, within_s=_REACHED_S), stage.rig.last_words()
    return time.monotonic()


def web_is_told_to_stop(stage: Stage, meeting: Meeting) -> float:
    """A deployment: one web process after the other ends in good order, and a new one takes its place."""
    for number in range(len(stage.rig.webs)):
        # One that was only just started, in place of one that died, would end as any program that is not ready.
        assert eventually(partial(_hears_sigterm, stage.rig.webs[number].pid), within_s=_REACHED_S), "it never started"
        code = stage.rig.webs[number].end(signal.SIGTERM)
        if code != 0:
            meeting.wrong.append(f"a web process that was told to stop ended with {code}")
        stage.rig.restart_web(number)
        stage.load.rages(20)
    return time.monotonic()


def _hears_sigterm(pid: int) -> bool:
    """Whether the process has a handler for it, as the kernel tells."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return True  # nobody can tell here
    caught = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def projector_wakes_late(stage: Stage, meeting: Meeting) -> float:
    """A web process stands still between COMMIT and Valkey while the others go on, and then writes what it had."""
    if not Path("/proc/self/stat").exists():
        raise NotHere("without /proc nobody can tell whether a process stands still")
    sleeper = stage.rig.restart_web(0, "write_after_commit=stop@0.1")
    meeting.after.callback(stage.rig.restart_web, 0)
    assert eventually(sleeper.is_frozen, within_s=_REACHED_S), "nobody stood still"
    stage.load.rages(100)
    stage.lasts(2)
    meeting.after.enter_context(_kept_awake(sleeper))
    stage.load.rages(20)
    return time.monotonic()


@contextmanager
def _kept_awake(sleeper: Part) -> Iterator[None]:
    """It stands still at its point again and again, and is woken each time at once."""
    over = threading.Event()

    def wake() -> None:
        while not over.wait(0.02):
            if sleeper.is_frozen():
                sleeper.send(signal.SIGCONT)

    thread = threading.Thread(target=wake, name="wakes", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def two_of_each(stage: Stage, meeting: Meeting) -> float:
    """Two workers, and two who rebuild at once."""
    meeting.back_in_time = True
    second = stage.rig.command("worker")
    meeting.after.callback(second.end)
    builders = [stage.rig.command("rebuild") for _ in range(2)]
    for builder in builders:
        builder.wait(_REACHED_S)
        builder.end()
    return time.monotonic()


def rebuild_dies(point: str) -> Fault:
    """Who rebuilds is killed half way; nobody sees half a board, and the worker's next one goes through."""

    def fault(stage: Stage, meeting: Meeting) -> float:
        builder = stage.rig.command("rebuild", armed=f"{point}=kill")
        builder.wait(_REACHED_S)
        builder.end()
        return time.monotonic()

    return fault


def publishes_are_lost(stage: Stage, meeting: Meeting) -> float:
    """Three in ten changes of the visible top are told to nobody."""
    for number in range(len(stage.rig.webs)):
        stage.rig.restart_web(number, stage.armed("publish=skip@0.3"))
    meeting.after.callback(lambda: [stage.rig.restart_web(number) for number in range(len(stage.rig.webs))])
    stage.load.rages(200)
    stage.load.end()
    return time.monotonic()


def clock_jumps(hours: int) -> Fault:
    """A web process whose clock is wrong by so many hours records sessions when they come, all the same."""

    def fault(stage: Stage, meeting: Meeting) -> float:
        library = next((path for path in _FAKETIME if Path(path).exists()), None)
        if library is None:
            raise NotHere("libfaketime is not installed")
        faked = {"LD_PRELOAD": library, "FAKETIME": f"{hours * _HOUR_S:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        for number in range(len(stage.rig.webs)):
            stage.rig.restart_web(number, environment=faked)
        meeting.after.callback(lambda: [stage.rig.restart_web(number) for number in range(len(stage.rig.webs))])
        stage.load.rages(100)
        now = stage.stores.now()
        told = parsedate_to_datetime(httpx.get(stage.rig.url, timeout=5).headers["date"])
        assert abs(told - now) > timedelta(minutes=30), f"{library} has no effect"
        for event in stage.load.history.events:
            counted = datetime.fromisoformat(event.receipt["timestamp"]) if event.kind == "ok" else now
            if abs(counted - now) > timedelta(minutes=10):
                meeting.wrong.append(f"{event.key}: counts at {counted}, and it is {now}")
        return time.monotonic()

    return fault


def killed_by_name(stage: Stage, meeting: Meeting) -> float:
    """Both web processes and the worker at once, as where a machine loses its power but not its servers."""
    for part in (*stage.rig.webs, *([stage.rig.worker] if stage.rig.worker else [])):
        os.kill(part.pid, signal.SIGKILL)
    stage.rig.restart_worker()
    return all_webs_die(stage, meeting)
