"""Faults of PostgreSQL: it dies, goes away, is slow, loses an answer, is held up, or goes back to its own past."""

from __future__ import annotations

import os
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg

from tests.acceptance.serving import eventually
from tests.faults.proxy import BLACK_HOLE, LOST_COMMIT, REFUSE
from tests.faults.proxy import Fault as Trouble
from tests.faults.rig import copy_files
from tests.faults.stage import Fault, Meeting, Stage

_PATIENCE_S = 60.0
#: From the moment when PostgreSQL accepts connections until the first session is recorded, in seconds.
FIRST_OK_S = 5.0
#: What a submit may take that cannot be recorded, in seconds.
_REFUSED_S = 3.0
_OTHERS = (
    "FROM pg_stat_activity WHERE usename = current_user AND pid <> pg_backend_pid() AND datname = current_database()"
)


def answers_of_commit_are_lost(stage: Stage, meeting: Meeting) -> float:
    """Transactions are committed, and nobody hears so."""
    proxy = stage.rig.postgresql
    wanted = proxy.met + 3
    with proxy.meeting(replace(LOST_COMMIT, times=3)):
        assert eventually(lambda: proxy.met >= wanted, within_s=_PATIENCE_S), "no commit was met"
    return time.monotonic()


def connections_are_ended(stage: Stage, meeting: Meeting) -> float:
    """An administrator ends all connections of the product."""
    with stage.stores.sql() as connection:
        connection.execute(f"SELECT pg_terminate_backend(pid) {_OTHERS}")
    ended = time.monotonic()
    stage.wait_for_ok(ended, meeting, within_s=FIRST_OK_S)
    return ended


def one_backend_is_killed(stage: Stage, meeting: Meeting) -> float:
    """One of PostgreSQL's processes dies, and PostgreSQL recovers all of them."""
    with stage.stores.sql() as connection:
        row = connection.execute(f"SELECT pid {_OTHERS} ORDER BY random() LIMIT 1").fetchone()
        assert row is not None
        os.kill(row[0], signal.SIGKILL)
        assert eventually(lambda: _is_cut(connection), within_s=_PATIENCE_S)
    return _accepts_again(stage, meeting)


def postgresql_is_killed(stage: Stage, meeting: Meeting) -> float:
    """The whole server dies."""
    stage.rig.end_server(stage.rig.postgresql_pid, signal.SIGKILL)
    stage.rig.start_servers()
    return _accepts_again(stage, meeting)


def postgresql_stops_at_once(stage: Stage, meeting: Meeting) -> float:
    """`pg_ctl stop -m immediate`: no checkpoint, the next start recovers."""
    stage.rig.end_server(stage.rig.postgresql_pid, signal.SIGQUIT)
    stage.rig.start_servers()
    return _accepts_again(stage, meeting)


def postgresql_is_away(seconds: float) -> Fault:
    """It is stopped and comes back later; meanwhile boards are read, and submits are refused soon."""

    def fault(stage: Stage, meeting: Meeting) -> float:
        connections = [viewer.connection for viewer in stage.load.viewers]
        stage.rig.end_server(stage.rig.postgresql_pid, signal.SIGINT)
        over = time.monotonic() + seconds
        while time.monotonic() < over:
            _reads_go_on(stage, meeting)
            _submits_are_refused(stage, meeting)
        if connections != [viewer.connection for viewer in stage.load.viewers]:
            meeting.wrong.append("pages were cut off")
        stage.rig.start_servers()
        return _accepts_again(stage, meeting)

    return fault


def postgresql_says_nothing(stage: Stage, meeting: Meeting) -> float:
    """Its connections stand, and nothing comes back: boards are read, and submits are refused soon."""
    connections = [viewer.connection for viewer in stage.load.viewers]
    over = time.monotonic() + 4
    with stage.rig.postgresql.meeting(BLACK_HOLE):
        while time.monotonic() < over:
            _reads_go_on(stage, meeting)
            _submits_are_refused(stage, meeting)
    healed = time.monotonic()
    if connections != [viewer.connection for viewer in stage.load.viewers]:
        meeting.wrong.append("pages were cut off")
    stage.wait_for_ok(healed, meeting, within_s=FIRST_OK_S)
    return healed


def postgresql_cannot_be_reached(stage: Stage, meeting: Meeting) -> float:
    """Connections to it are refused for a while, and open ones are cut."""
    with stage.rig.postgresql.meeting(REFUSE):
        stage.lasts(2)
    healed = time.monotonic()
    stage.wait_for_ok(healed, meeting, within_s=FIRST_OK_S)
    return healed


def postgresql_is_slow(stage: Stage, meeting: Meeting) -> float:
    """Each way takes a tenth of a second more: less is recorded, and nothing piles up."""
    with stage.rig.postgresql.meeting(Trouble(delay_s=0.1)):
        stage.load.rages(10)
        stage.lasts(2)
    return time.monotonic()


def a_row_is_held(stage: Stage, meeting: Meeting) -> float:
    """Somebody keeps one player's row locked for longer than a batch waits; the others go on."""
    with stage.stores.sql(autocommit=False) as connection:
        connection.execute("SELECT FROM leaderboard ORDER BY total_score DESC LIMIT 1 FOR UPDATE")
        stage.load.rages(20)
        stage.lasts(4)
        connection.rollback()
    return time.monotonic()


def a_writer_stays_open(stage: Stage, meeting: Meeting) -> float:
    """A transaction with a number of its own stays open through it all: the ranks wait for nobody."""
    connection = meeting.after.enter_context(stage.stores.sql(autocommit=False))
    connection.execute("SELECT pg_current_xact_id()")
    stage.load.rages(100)
    return time.monotonic()


def everybody_plays_the_same(stage: Stage, meeting: Meeting) -> float:
    """Batches, frames and single sessions of the same four players, in any order: nobody waits in a circle."""
    everybody, stage.load.players = stage.load.players, stage.load.players[:4]
    meeting.after.callback(lambda: setattr(stage.load, "players", everybody))
    stage.load.rages(300)
    return time.monotonic()


def postgresql_goes_back(stage: Stage, meeting: Meeting) -> float:
    """Its files are put back as they were a while ago, under ranks that are newer."""
    meeting.back_in_time = True
    copy = stage.rig.data / "earlier"
    meeting.after.callback(shutil.rmtree, copy, ignore_errors=True)
    stage.rig.end_server(stage.rig.postgresql_pid, signal.SIGINT)
    meeting.forgotten_after = time.monotonic()
    copy_files(stage.rig.postgresql_files, copy)
    stage.rig.start_servers()
    stage.load.rages(100)
    stage.load.end()
    stage.rig.end_server(stage.rig.postgresql_pid, signal.SIGINT)
    _put_back(stage, copy)
    stage.rig.start_servers()
    return time.monotonic()


def _put_back(stage: Stage, copy: Path) -> None:
    stage.rig.put_back(copy, stage.rig.postgresql_files)


def _accepts_again(stage: Stage, meeting: Meeting) -> float:
    """The moment when PostgreSQL accepts connections; it may not take the product long to notice."""
    assert eventually(lambda: _accepts(stage), within_s=_PATIENCE_S), "PostgreSQL does not come back"
    back = time.monotonic()
    stage.wait_for_ok(back, meeting, within_s=FIRST_OK_S)
    return back


def _accepts(stage: Stage) -> bool:
    try:
        stage.stores.now()
    except psycopg.Error:
        return False
    return True


def _is_cut(connection: psycopg.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.Error:
        return True
    return False


def _reads_go_on(stage: Stage, meeting: Meeting) -> None:
    try:
        answer = httpx.get(f"{stage.rig.url}/api/leaderboard/top", timeout=2 * stage.slowness)
    except httpx.HTTPError as error:
        meeting.wrong.append(f"a board was not read while PostgreSQL was away: {error!r}")
        return
    if answer.status_code != 200 or answer.json()["source"] != "ranks":
        meeting.wrong.append(f"a board was read as {answer.status_code} while PostgreSQL was away")


def _submits_are_refused(stage: Stage, meeting: Meeting) -> None:
    began = time.monotonic()
    answer = httpx.post(
        f"{stage.rig.url}/api/leaderboard/submit",
        headers={"Authorization": f"Api-Key {stage.rig.api_key}"},
        json={"username": "player1", "score": 1, "game_mode": "away"},
        timeout=30,
    )
    took_s = time.monotonic() - began
    if answer.status_code != 503 or took_s > _REFUSED_S * stage.slowness:
        meeting.wrong.append(f"a submit was answered {answer.status_code} after {took_s:.1f} s")
