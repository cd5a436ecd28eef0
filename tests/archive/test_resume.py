"""Whoever is killed leaves no half file and no half system, and the same command goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from scores.advisory_locks import AdvisoryLock
from scores.archive import ArchiveRefused, NoArchive, Written, container, restore, snapshot
from scores.models import Board, Player
from tests.archive.conftest import empty_system
from tests.archive.lived_in import LivedIn
from tests.faults.inside import conninfo
from tests.halting import ended, wait_until_it_halts

KILLED = -signal.SIGKILL


@contextmanager
def started(*arguments: str | Path, failpoints: str = "") -> Iterator[subprocess.Popen[str]]:
    """A management command on the tests' database, in a process of its own, which does not outlive a failed test."""
    url = f"postgresql:///?{'&'.join(conninfo().split())}"
    environment = {**os.environ, "DATABASE_URL": url, "RANKCAST_FAILPOINTS": failpoints, "SECRET_KEY": "x" * 50}
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *map(str, arguments)]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()  # does nothing to one that has ended, and gets through to one that stands still


def manage(*arguments: str | Path, failpoints: str = "") -> subprocess.CompletedProcess[str]:
    """The same, to its end."""
    with started(*arguments, failpoints=failpoints) as process:
        stdout, stderr = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)


def loaded() -> int:
    """How many parts lie in the staging schema."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM restoring._parts")
        return int(cursor.fetchone()[0])


def test_both_commands_tell_what_they_did(system: LivedIn, tmp_path: Path) -> None:
    path = tmp_path / "by-hand.tar"

    taken = manage("snapshot", path)

    assert taken.returncode == 0, taken.stderr
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in tmp_path.iterdir()) == ["by-hand.tar", "erasures.jsonl"]
    assert "is whole" in manage("restore", "--check", path).stdout
    empty_system()

    restored = manage("restore", path)

    assert restored.returncode == 0, restored.stderr
    assert "Players erased again: 0." in restored.stdout
    assert "ranks of global:all: " in restored.stdout
    assert Player.objects.count() == 5
    assert "CommandError: This system is not empty" in manage("restore", path).stderr


def test_a_snapshot_that_is_killed_leaves_nothing_that_looks_like_an_archive(system: LivedIn, tmp_path: Path) -> None:
    path = tmp_path / "evening.tar"

    assert manage("snapshot", path, failpoints="snapshot_part=kill@0.8").returncode == KILLED

    assert [each.name for each in tmp_path.iterdir()] == ["evening.tar.partial"]
    snapshot(path)
    assert [each.name for each in tmp_path.iterdir()] == ["evening.tar"]


def test_a_snapshot_that_fails_leaves_no_file(system: LivedIn, tmp_path: Path) -> None:
    failed = manage("snapshot", tmp_path / "evening.tar", failpoints="snapshot_part=fail@0.8")

    assert failed.returncode != 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_an_end_that_was_asked_for_leaves_no_file(
    number: signal.Signals, code: int, system: LivedIn, tmp_path: Path
) -> None:
    with started("snapshot", tmp_path / "evening.tar", failpoints="snapshot_part=stop") as process:
        wait_until_it_halts(process)  # before its first part
        process.send_signal(number)
        returned, _, stderr = ended(process)

    assert returned == code
    assert "Interrupted: no archive was written." in stderr
    assert list(tmp_path.iterdir()) == []


def test_no_file_is_written_over(system: LivedIn, tmp_path: Path) -> None:
    path = tmp_path / "evening.tar"
    path.write_text("precious")

    with pytest.raises(NoArchive, match="name another one"):
        snapshot(path)

    assert path.read_text() == "precious"
    assert [each.name for each in tmp_path.iterdir()] == ["evening.tar"]


def test_a_restore_that_is_killed_goes_on_behind_the_last_part(archive: Written) -> None:
    empty_system()
    parts = sum(len(table.parts) for table in archive.manifest.tables)
    before = 0
    for _ in range(50):
        killed = manage("restore", archive.path, failpoints="restore_part=kill@0.2")
        if killed.returncode == 0:
            break
        assert killed.returncode == KILLED, killed.stderr
        assert not Player.objects.exists()
        assert before <= loaded() < parts
        before = loaded()

    assert killed.returncode == 0
    assert f"{before} parts had been loaded before" in killed.stdout or before == 0
    assert snapshot(archive.path.with_name("again.tar")).manifest.digest == archive.manifest.digest


def test_a_restore_that_is_killed_before_its_last_step_shows_nothing_and_needs_only_that(archive: Written) -> None:
    empty_system()
    parts = sum(len(table.parts) for table in archive.manifest.tables)

    assert manage("restore", archive.path, failpoints="restore_switch=kill").returncode == KILLED

    assert not Player.objects.exists()
    assert loaded() == parts
    assert restore(archive.path).parts_before == parts
    assert snapshot(archive.path.with_name("again.tar")).manifest.digest == archive.manifest.digest


def test_until_the_commit_others_see_an_empty_system(archive: Written) -> None:
    empty_system()
    with started("restore", archive.path, failpoints="restore_switch=stop") as process:
        wait_until_it_halts(process)  # everything is brought in, and not committed

        assert not Player.objects.exists()
        assert [board.slug for board in Board.objects.all()] == ["global"]

        returned, *_ = ended(process)

    assert returned == 0
    assert Player.objects.exists()
    assert [board.slug for board in Board.objects.order_by("id")] == ["global", "season"]


def test_who_comes_before_the_last_step_is_not_written_over(archive: Written) -> None:
    empty_system()
    assert manage("restore", archive.path, failpoints="restore_switch=kill").returncode == KILLED
    erin = Player.objects.create(username="erin")

    with pytest.raises(ArchiveRefused, match="not empty"):
        restore(archive.path)

    assert Player.objects.get() == erin


def test_another_archive_begins_anew(system: LivedIn, archive: Written) -> None:
    Player.objects.create(username="erin")
    other = snapshot(archive.path.with_name("later.tar"))
    empty_system()
    assert manage("restore", archive.path, failpoints="restore_switch=kill").returncode == KILLED

    restored = restore(other.path)

    assert restored.parts_before == 0
    assert Player.objects.filter(username="erin").exists()


def test_an_archive_that_changes_after_it_was_verified_is_refused(
    archive: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_system()
    whole = container.content
    reads: list[str] = []

    def changed(file: object, member: container.Member, **more: int) -> bytes:
        reads.append(member.name)
        content = whole(file, member, **more)  # type: ignore[arg-type]
        return content if reads.count(member.name) < 2 else content[::-1]

    monkeypatch.setattr(container, "content", changed)

    with pytest.raises(ArchiveRefused, match="is not what was written"):
        restore(archive.path)

    assert not Player.objects.exists()


def test_a_restore_that_is_interrupted_says_that_it_goes_on(archive: Written) -> None:
    empty_system()
    with started("restore", archive.path, failpoints="restore_part=stop") as process:
        wait_until_it_halts(process)
        process.send_signal(signal.SIGINT)
        returned, _, stderr = ended(process)

    assert returned == 130
    assert "The same command goes on where it was." in stderr
    assert restore(archive.path).manifest.digest == archive.manifest.digest


def test_a_restore_into_a_postgresql_that_is_away_says_so(archive: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "restore", str(archive.path)]

    refused = subprocess.run(command, capture_output=True, text=True, check=False)

    assert refused.returncode == 1
    assert "CommandError: PostgreSQL does not answer: " in refused.stderr
    assert "Traceback" not in refused.stderr


def test_two_restores_at_once_are_one(archive: Written) -> None:
    empty_system()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [AdvisoryLock.RESTORE])
        try:
            refused = manage("restore", archive.path)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [AdvisoryLock.RESTORE])

    assert "Another restore is under way" in refused.stderr


def test_a_worker_s_sweep_and_snapshot_are_no_other_restore(archive: Written) -> None:
    empty_system()
    with psycopg.connect(conninfo()) as worker:
        worker.execute("SELECT pg_advisory_lock(%s), pg_advisory_lock(%s)", [AdvisoryLock.SWEEP, AdvisoryLock.SNAPSHOT])

        restored = restore(archive.path)

    assert restored.manifest.digest == archive.manifest.digest
