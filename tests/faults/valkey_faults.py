"""Faults of Valkey: it dies, loses its tail or everything, starts from something old, is full, slow or silent."""

from __future__ import annotations

import random
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from leaderboard_project.embedded.home import settle
from leaderboard_project.embedded.secrets import VALKEY_PASSWORD
from tests.acceptance.serving import eventually
from tests.faults.parts import Part
from tests.faults.proxy import BLACK_HOLE
from tests.faults.proxy import Fault as Trouble
from tests.faults.rig import copy_files
from tests.faults.stage import Fault, Meeting, Stage

#: What a submit may take while Valkey says nothing, in seconds.
_SUBMIT_S = 2.0


def valkey_is_killed(stage: Stage, meeting: Meeting) -> float:
    """It dies and starts again from its log."""
    meeting.back_in_time = True  # up to a second of the log may not have been written
    stage.rig.end_server(stage.rig.valkey_pid, signal.SIGKILL)
    stage.load.rages(20)
    stage.rig.start_servers()
    return time.monotonic()


def valkey_loses_its_tail(most: float) -> Fault:
    """The end of its log is gone, up to that part of it, as after a power cut."""

    def fault(stage: Stage, meeting: Meeting) -> float:
        meeting.back_in_time = True
        stage.rig.end_server(stage.rig.valkey_pid, signal.SIGKILL)
        for log in (stage.rig.valkey_files / "appendonlydir").glob("*.incr.aof"):
            kept = int(log.stat().st_size * (1 - random.uniform(0.01, most)))
            with log.open("r+b") as file:
                file.truncate(kept)
        stage.rig.start_servers()
        return time.monotonic()

    return fault


def valkey_loses_its_last_words(stage: Stage, meeting: Meeting) -> float:
    """A little of its log is gone; what comes then has more changes than were lost before anybody looks twice."""
    meeting.back_in_time = True
    stage.rig.end_server(stage.rig.valkey_pid, signal.SIGKILL)
    for log in (stage.rig.valkey_files / "appendonlydir").glob("*.incr.aof"):
        with log.open("r+b") as file:
            file.truncate(max(0, log.stat().st_size - random.randrange(500, 20_000)))
    stage.rig.start_servers()
    stage.load.rages(150)
    stage.load.end()
    return time.monotonic()


def valkey_starts_from_a_copy(stage: Stage, meeting: Meeting) -> float:
    """Its files are put back as they were a while ago."""
    meeting.back_in_time = True
    copy = stage.rig.data / "earlier-valkey"
    meeting.after.callback(shutil.rmtree, copy, ignore_errors=True)
    copy_files(stage.rig.valkey_files, copy)
    stage.load.rages(150)
    stage.rig.end_server(stage.rig.valkey_pid, signal.SIGKILL)
    stage.rig.put_back(copy, stage.rig.valkey_files)
    stage.rig.start_servers()
    return time.monotonic()


def valkey_is_emptied(stage: Stage, meeting: Meeting) -> float:
    """FLUSHALL, as by a mistyped address."""
    meeting.back_in_time = True
    stage.stores.valkey.flushall()
    return time.monotonic()


def valkey_starts_empty(stage: Stage, meeting: Meeting) -> float:
    """Another machine with nothing on its disk takes its place."""
    meeting.back_in_time = True
    stage.rig.end_server(stage.rig.valkey_pid, signal.SIGKILL)
    for path in stage.rig.valkey_files.iterdir():
        shutil.rmtree(path)
    stage.rig.start_servers()
    return time.monotonic()


def a_replica_takes_over(stage: Stage, meeting: Meeting) -> float:
    """A replica that had fallen behind is promoted; nobody sees what the old one had beyond that."""
    meeting.back_in_time = True
    old = stage.stores.valkey
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # A replica speaks TCP only: for as long as it is one, the old Valkey listens on loopback as well.
    old.config_set("bind", "127.0.0.1")
    old.config_set("port", port)
    old.config_set("repl-diskless-sync-delay", 0)
    replica, path = _replica(stage, meeting, port)
    new = redis.Redis(unix_socket_path=str(path), password=_password(stage), socket_timeout=5)
    meeting.after.callback(new.close)
    assert eventually(lambda: _is_synchronous(new), within_s=30), replica.last_words()
    old.config_set("port", 0)
    old.client_kill_filter(_type="replica")  # its link is cut, and it finds nobody: from here on it lags
    stage.load.rages(100)
    stage.rig.end_server(stage.rig.valkey_pid, signal.SIGKILL)
    new.replicaof("NO", "ONE")
    stage.rig.valkey.lead_to(path)
    promoted = time.monotonic()
    meeting.after.callback(_lead_back, stage)
    return promoted


def valkey_is_full(stage: Stage, meeting: Meeting) -> float:
    """It has no memory left: it refuses whatever it is told, and sessions are recorded all the same."""
    stage.stores.valkey.config_set("maxmemory", 1)
    stage.load.rages(60)
    stage.stores.valkey.config_set("maxmemory", 0)
    return time.monotonic()


def valkey_forgets_its_scripts(stage: Stage, meeting: Meeting) -> float:
    """SCRIPT FLUSH: whoever calls one of ours brings it along."""
    stage.stores.valkey.script_flush()
    stage.load.rages(30)
    return time.monotonic()


def valkey_takes_no_writes(stage: Stage, meeting: Meeting) -> float:
    """It was made a replica of nobody, and refuses to write; sessions are recorded all the same."""
    stage.stores.valkey.replicaof("127.0.0.1", 1)
    stage.load.rages(60)
    stage.stores.valkey.replicaof("NO", "ONE")
    return time.monotonic()


def valkey_says_nothing(stage: Stage, meeting: Meeting) -> float:
    """Packets to it vanish. Sessions are recorded, and nobody waits for it long."""
    with stage.rig.valkey.meeting(BLACK_HOLE), _submits_are_quick(stage, meeting):
        stage.load.rages(60)
        stage.lasts(2)
    return time.monotonic()


def valkey_is_slow(stage: Stage, meeting: Meeting) -> float:
    """It takes two seconds for each answer."""
    with stage.rig.valkey.meeting(Trouble(delay_s=1.0)), _submits_are_quick(stage, meeting):
        stage.load.rages(60)
        stage.lasts(2)
    return time.monotonic()


@contextmanager
def _submits_are_quick(stage: Stage, meeting: Meeting) -> Iterator[None]:
    begun = len(stage.load.history.events)
    yield
    began: dict[str, float] = {}
    for event in stage.load.history.events[begun:]:
        if event.kind == "invoke":
            began[event.key] = event.at
        elif event.key in began and event.at - began[event.key] > _SUBMIT_S * stage.slowness:
            meeting.wrong.append(f"{event.key} was answered after {event.at - began[event.key]:.1f} s")


def _replica(stage: Stage, meeting: Meeting, port: int) -> tuple[Part, Path]:
    home = settle(stage.rig.data)
    directory = stage.rig.data / "replica"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir()
    path = directory / "replica.sock"
    configuration = directory / "replica.conf"
    configuration.write_text(
        f'port 0\nunixsocket {path}\ndir {directory}\nappendonly yes\nsave ""\nrequirepass {_password(stage)}\n'
        f"masterauth {_password(stage)}\nreplicaof 127.0.0.1 {port}\nmaxmemory-policy noeviction\n"
    )
    program = [str(home.programs.valkey_server), str(configuration)]
    replica = Part("replica", program, {"PATH": "/usr/bin:/bin"}, stage.rig.data / "logs" / "replica.log")
    meeting.after.callback(replica.end)
    assert eventually(path.exists, within_s=30), replica.last_words()
    return replica, path


def _is_synchronous(replica: redis.Redis) -> bool:
    told = replica.info("replication")
    return bool(told["master_link_status"] == "up" and not told["master_sync_in_progress"])


def _password(stage: Stage) -> str:
    return stage.rig.pair.secrets.get_or_draw(VALKEY_PASSWORD)


def _lead_back(stage: Stage) -> None:
    """The pair's own Valkey starts again, with what it had when it was killed."""
    stage.rig.start_servers()
    stage.rig.lead_to_own_valkey()
