"""What is restored is what was there: to the last row, and so that everything goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from django.db import connection
from django.utils import timezone

from scores import api_keys, boards, ledger, partitions
from scores.archive import Written, restore, snapshot
from scores.models import AuditEntry, FormerName, GameSession, Player, Standing
from scores.ranking import reads
from scores.ranking.identity import identity
from scores.reconciler import reconcile
from tests.archive.conftest import empty_system
from tests.archive.lived_in import PASSWORD, LivedIn
from tests.ledger import recorded, session


def shown() -> list[tuple[str, int, int]]:
    """The board, from the ranks."""
    page = reads.top(boards.GLOBAL)
    assert page.source == "ranks"
    return [(row.username, row.total_score, row.rank) for row in page.rows]


def test_a_snapshot_of_the_restored_system_has_the_same_digests(archive: Written) -> None:
    empty_system()

    restore(archive.path)

    again = snapshot(archive.path.with_name("again.tar"))
    assert {table.name: table.digest for table in again.manifest.tables} == {
        table.name: table.digest for table in archive.manifest.tables
    }
    assert again.manifest.digest == archive.manifest.digest
    assert all(table.rows for table in again.manifest.tables)  # the test itself forgot nothing


def test_the_boards_are_the_same_after_the_worker_has_looked(archive: Written) -> None:
    before = shown()
    assert before == [("robert", 50, 1), ("alice", 40, 2)]
    empty_system()

    restore(archive.path)
    reconcile()

    assert shown() == before


def test_everything_goes_on(system: LivedIn, archive: Written) -> None:
    last = GameSession.objects.latest("id").id
    highest = Standing.objects.latest("rev").rev
    newest = Player.objects.latest("id").id
    [match] = recorded(session(system.arena, system.alice, 30, idempotency_key="match-1", outcome="win"))
    empty_system()

    restore(archive.path)

    [replayed] = recorded(session(system.arena, system.alice, 30, idempotency_key="match-1", outcome="win"))
    assert (replayed.session_id, replayed.replayed) == (match.session_id, True)
    [receipt] = recorded(session(system.arena, system.alice, 10))
    assert receipt.session_id > last
    assert receipt.total_score == 50
    assert Player.objects.create(username="erin").id == newest + 1
    assert Standing.objects.earliest("rev").rev > highest
    key = api_keys.verify(system.secret)
    assert key is not None
    assert key.client == system.arena


def test_decisions_are_still_in_force_and_can_be_taken_back(system: LivedIn, archive: Written) -> None:
    empty_system()

    restore(archive.path)

    system.charlie.refresh_from_db()
    assert (system.charlie.state, system.charlie.ban_reason) == ("banned", "Cheated.")
    assert ledger.unban(user_id=system.charlie.id, by=None, reason="Served.")
    assert Standing.objects.get(user=system.charlie, window__slug="all").total_score == 25
    assert FormerName.objects.get().after == "robert"
    voided = GameSession.objects.get(voided_at__isnull=False)
    assert ledger.unvoid_sessions(session_ids=[voided.id], by=None, reason="No bug.") == 1
    assert Standing.objects.get(user=system.charlie, window__slug="all").total_score == 45
    assert set(AuditEntry.objects.values_list("action", flat=True)) >= {"ban", "void", "adjust", "rename", "erase"}


def test_who_may_what_is_kept(system: LivedIn, archive: Written) -> None:
    empty_system()

    restore(archive.path)

    moderator = Player.objects.get(username="moderator")
    assert moderator.check_password(PASSWORD)
    assert moderator.has_perms(["scores.ban_player", "scores.export_player"])
    assert not moderator.has_perm("scores.erase_player")


def test_a_restored_system_is_another_one(archive: Written) -> None:
    before = identity()
    empty_system()

    restore(archive.path)

    assert identity() != before


def test_sessions_of_long_ago_are_in_the_partitions_that_they_were_in(system: LivedIn, tmp_path: Path) -> None:
    partitions.make(connection, datetime(2018, 5, 1, tzinfo=UTC))
    recorded(session(system.arena, system.alice, played_at=datetime(2018, 5, 31, 23, tzinfo=UTC)))
    written = snapshot(tmp_path / "evening.tar")
    empty_system()
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE game_sessions_2018_05")

        restore(written.path, without_erasures=True)

        cursor.execute("SELECT DISTINCT tableoid::regclass::text FROM game_sessions")
        found = {name for (name,) in cursor.fetchall()}
        assert found == {"game_sessions_2018_05", f"game_sessions_{timezone.now():%Y_%m}", "game_sessions_default"}
        cursor.execute("DROP TABLE game_sessions_2018_05")
