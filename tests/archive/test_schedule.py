"""What the worker does about archives: one a day, a number of them kept, and the list of erasures."""

from __future__ import annotations

import errno
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from scores import data_rights
from scores.advisory_locks import AdvisoryLock
from scores.archive import NoArchive, erasures, schedule
from scores.archive.container import Packer
from scores.archive.schedule import take
from scores.models import Player
from tests.archive.lived_in import LivedIn
from tests.faults.inside import conninfo

NOW = datetime.now(UTC)


def name(age: timedelta) -> str:
    return f"scheduled-{NOW - age:%Y%m%dT%H%M%SZ}.tar"


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_one_is_taken_when_the_last_one_is_old_and_not_before(system: LivedIn, tmp_path: Path) -> None:
    (tmp_path / name(timedelta(hours=25))).touch()

    first = take(tmp_path, every_hours=24, most=7, stop=threading.Event())
    second = take(tmp_path, every_hours=24, most=7, stop=threading.Event())

    assert first is not None
    assert names(tmp_path) == [name(timedelta(hours=25)), first.path.name]
    assert second is None


def test_one_that_a_wrong_clock_dated_ahead_keeps_nobody_waiting(system: LivedIn, tmp_path: Path) -> None:
    of_the_future = name(timedelta(days=-365))
    (tmp_path / of_the_future).touch()

    first = take(tmp_path, every_hours=24, most=7, stop=threading.Event())
    second = take(tmp_path, every_hours=24, most=7, stop=threading.Event())

    assert first is not None
    assert names(tmp_path) == [first.path.name, of_the_future]
    assert second is None


def test_of_one_that_a_wrong_clock_dated_ahead_and_a_new_one_the_new_one_is_kept(
    system: LivedIn, tmp_path: Path
) -> None:
    (tmp_path / name(timedelta(days=-365))).touch()

    written = take(tmp_path, every_hours=24, most=1, stop=threading.Event())

    assert written is not None
    assert names(tmp_path) == [written.path.name]


def test_the_oldest_scheduled_ones_go_and_no_other_file(system: LivedIn, tmp_path: Path) -> None:
    by_hand = ["before-the-upgrade.tar", "erasures.jsonl", "scheduled.tar", "snapshot-20200101T000000Z.tar"]
    old = [name(timedelta(days=days)) for days in (5, 4, 3)]
    for each in by_hand + old:
        (tmp_path / each).touch()

    written = take(tmp_path, every_hours=24, most=2, stop=threading.Event())

    assert written is not None
    assert names(tmp_path) == sorted([*by_hand, old[-1], written.path.name])


def test_two_workers_take_one(system: LivedIn, tmp_path: Path) -> None:
    with psycopg.connect(conninfo()) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [AdvisoryLock.SNAPSHOT])

        assert take(tmp_path, every_hours=24, most=7, stop=threading.Event()) is None

    assert names(tmp_path) == []


def test_what_a_killed_snapshot_left_is_cleared(system: LivedIn, tmp_path: Path) -> None:
    (tmp_path / "snapshot-20261121T120000Z.tar.partial").touch()

    written = take(tmp_path, every_hours=24, most=7, stop=threading.Event())

    assert written is not None
    assert names(tmp_path) == [written.path.name]


def test_a_full_disk_leaves_what_was_there_and_no_half_file(
    system: LivedIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = [name(timedelta(days=days)) for days in (3, 2)]
    for each in old:
        (tmp_path / each).touch()

    def full(packer: Packer) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Packer, "finish", full)

    with pytest.raises(NoArchive, match="No space left on device"):
        take(tmp_path, every_hours=24, most=1, stop=threading.Event())

    assert names(tmp_path) == old


def test_the_worker_s_end_ends_a_snapshot(system: LivedIn, tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()

    with pytest.raises(schedule.Stopped):
        take(tmp_path, every_hours=24, most=1, stop=stop)

    assert names(tmp_path) == []


def test_whoever_is_erased_in_a_past_that_came_back_is_in_the_list_too(system: LivedIn, tmp_path: Path) -> None:
    last = erasures.write_down(tmp_path)
    assert last is not None
    ahead = erasures.Entry(last.id + 1_000_000, last.at)  # as it was before PostgreSQL was put back

    data_rights.erase(user_id=system.bob.id, by=None, reason="As asked for.")
    erasures.write_down(tmp_path, after=ahead)

    listed = [erasure.user_id for erasure in erasures.read(tmp_path / "erasures.jsonl")]
    assert listed == [system.dora.id, system.bob.id]


def test_each_of_the_erased_is_in_the_list_once_without_a_name(system: LivedIn, tmp_path: Path) -> None:
    last = erasures.write_down(tmp_path)
    path = tmp_path / "erasures.jsonl"
    assert [erasure.user_id for erasure in erasures.read(path)] == [system.dora.id]

    data_rights.erase(user_id=system.bob.id, by=None, reason="As asked for.")
    erasures.write_down(tmp_path, after=last)
    erasures.write_down(tmp_path)

    assert [erasure.user_id for erasure in erasures.read(path)] == [system.dora.id, system.bob.id]
    assert not any(name in path.read_text() for name in ("dora", "bob", "robert"))
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_line_that_a_crash_cut_off_is_written_again(system: LivedIn, tmp_path: Path) -> None:
    path = tmp_path / "erasures.jsonl"
    erasures.write_down(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])

    erasures.write_down(tmp_path)

    assert path.read_bytes() == whole


def test_the_worker_keeps_the_list(
    system: LivedIn, tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SNAPSHOT_DIR", tmp_path)
    monkeypatch.setattr(schedule, "_LOOK_EVERY_S", 0.01)
    stop = threading.Event()
    keeping = schedule.keep(stop)
    path = tmp_path / "erasures.jsonl"
    try:
        for _ in range(500):
            if path.exists() and path.read_text().endswith("\n"):
                break
            stop.wait(0.02)
    finally:
        stop.set()
        keeping.join()

    assert [erasure.user_id for erasure in erasures.read(path)] == [system.dora.id]
    assert Player.objects.get(pk=system.dora.id).state == "erased"
