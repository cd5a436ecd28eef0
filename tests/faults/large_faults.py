"""Faults that need something else than everybody's rig: many players, a disk of its own, a second installation."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import httpx

from leaderboard_project.embedded.pair import Pair
from tests.acceptance.serving import eventually
from tests.faults.checker import check
from tests.faults.parts import Part
from tests.faults.stage import Meeting, Stage
from tests.faults.state import Stores, top_of

#: How soon the visible top is right again, whoever tells it, in seconds.
_TOP_S = 1.0
_PATIENCE_S = 60.0
#: How often a command is killed before the test gives up.
_MOST_DEATHS = 30


def emptied_among_many(stage: Stage, meeting: Meeting) -> float:
    """FLUSHALL where there are many: the top comes from PostgreSQL at once, the ranks when they are built."""
    meeting.back_in_time = True
    stage.load.end()
    top = top_of(stage.stores.standings())
    stage.stores.valkey.flushall()
    emptied = time.monotonic()
    eventually(lambda: _told_top(stage) == top, within_s=_PATIENCE_S)
    took_s = time.monotonic() - emptied
    if took_s > _TOP_S * stage.slowness:
        meeting.wrong.append(f"the visible top was right after {took_s:.1f} s")
    return emptied


def disk_is_full(stage: Stage, meeting: Meeting) -> float:
    """Neither PostgreSQL nor Valkey can write any more; then there is room again."""
    meeting.back_in_time = True
    ballast = stage.rig.data / "ballast"
    _fill(ballast)
    history = stage.load.history
    assert eventually(lambda: history.unavailable() > 20, within_s=_PATIENCE_S), "everything is still recorded"
    stage.lasts(1)
    ballast.unlink()
    stage.rig.start_servers()  # one that gave up
    healed = time.monotonic()
    stage.wait_for_ok(healed, meeting, within_s=30)
    return healed


def archive_is_taken_and_restored(stage: Stage, meeting: Meeting) -> float:
    """An archive of the busy system, restored elsewhere, both killed again and again on their way."""
    archive = stage.rig.data / "archive.tar"
    meeting.after.callback(archive.unlink, missing_ok=True)
    began = _finish(stage, meeting, "snapshot", str(archive), armed="snapshot_part=kill@0.05")
    stage.load.end()
    other = stage.rig.data.with_name(f"{stage.rig.data.name}-restored")
    if os.geteuid() == 0:
        other.mkdir(mode=0o711)
    meeting.after.callback(shutil.rmtree, other, ignore_errors=True)
    with Pair(other, command="pytest") as pair:
        addresses = {"DATABASE_URL": pair.addresses.database_url, "REDIS_URL": pair.addresses.redis_url}
        armed = "restore_part=kill@0.3,restore_switch=kill@0.5"
        _finish(stage, meeting, "restore", str(archive), armed=armed, environment=addresses)
        stores = Stores(addresses["DATABASE_URL"], addresses["REDIS_URL"])
        meeting.after.callback(stores.close)
        # What was acknowledged while it was taken may be in it or not.
        told = [
            replace(event, kind="info") if event.kind == "ok" and event.at > began else event
            for event in stage.load.history.events
        ]
        findings = check(told, stores.stored(meeting.prefix))
    meeting.wrong += [f"restored: {each}" for each in (*findings.lost, *findings.duplicated, *findings.wrong)]
    return time.monotonic()


def _finish(
    stage: Stage, meeting: Meeting, *command: str, armed: str, environment: dict[str, str] | None = None
) -> float:
    """Call a command until it comes to its end; when that last call began."""
    for _ in range(_MOST_DEATHS):
        began = time.monotonic()
        part: Part = stage.rig.command(*command, armed=armed, environment=environment)
        code = part.wait(_PATIENCE_S)
        part.end()
        if code == 0:
            return began
        if code > 0:
            meeting.wrong.append(f"{command[0]} ended with {code}: {part.last_words(5)}")
            return began
    raise AssertionError(f"{command[0]} never came to its end")


def _fill(path: Path) -> None:
    piece = bytes(1024 * 1024)
    with path.open("wb", buffering=0) as file:
        for size in (len(piece), 4096):
            try:
                while True:
                    file.write(piece[:size])
            except OSError:
                continue


def _told_top(stage: Stage) -> tuple[tuple[int, int], ...]:
    try:
        rows = httpx.get(f"{stage.rig.url}/api/leaderboard/top", timeout=10).json()["top_players"]
    except (httpx.HTTPError, KeyError, ValueError):
        return ()
    return tuple((row["user_id"], row["total_score"]) for row in rows)
