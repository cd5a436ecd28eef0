"""Who was erased stays erased, also where an older archive still knows them."""

from __future__ import annotations

import gzip
import tarfile
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from django.core.management import call_command

from scores import boards, data_rights
from scores.archive import ArchiveRefused, Written, erasures, restore, snapshot
from scores.archive.erasures import Erasure
from scores.models import AuditEntry, FormerName, Player, Standing
from scores.ranking import reads
from scores.reconciler import reconcile
from tests.archive.conftest import empty_system
from tests.archive.lived_in import LivedIn
from tests.integration.test_data_rights import _found_in_postgresql

NOW = datetime.now(UTC)


def test_who_was_erased_after_the_archive_is_erased_again(system: LivedIn, archive: Written) -> None:
    data_rights.erase(user_id=system.bob.id, by=None, reason="As asked for.")
    erasures.write_down(archive.path.parent)
    empty_system()

    restored = restore(archive.path)

    assert restored.erased_again == 1
    assert Player.objects.get(pk=system.bob.id).username == f"Deleted player {system.bob.id}"
    assert not FormerName.objects.exists()
    assert _found_in_postgresql("robert") == []
    assert all(Standing.objects.filter(user=system.bob).values_list("hidden", flat=True))
    last = AuditEntry.objects.latest("id")
    assert (last.action, last.subject_id, last.actor_id) == ("erase", system.bob.id, None)
    reconcile()
    assert [row.username for row in reads.top(boards.GLOBAL).rows] == ["alice"]


def test_who_was_of_the_staff_then_is_erased_too(system: LivedIn, archive: Written) -> None:
    system.moderator.is_staff = False
    system.moderator.save()
    data_rights.erase(user_id=system.moderator.id, by=None, reason="As asked for.")
    erasures.write_down(archive.path.parent)
    empty_system()

    restore(archive.path)

    former = Player.objects.get(pk=system.moderator.id)
    assert (former.state, former.is_staff, former.is_superuser) == ("erased", False, False)
    assert not former.groups.exists()
    assert not former.user_permissions.exists()


def test_nobody_new_gets_the_id_of_somebody_erased(system: LivedIn, archive: Written) -> None:
    erin = Player.objects.create(username="erin")
    data_rights.erase(user_id=erin.id, by=None, reason="As asked for.")
    erasures.write_down(archive.path.parent)
    empty_system()

    restore(archive.path)

    assert not Player.objects.filter(pk=erin.id).exists()
    assert Player.objects.create(username="frank").id == erin.id + 1


def test_without_a_list_it_stops_unless_that_is_meant(archive: Written) -> None:
    empty_system()
    archive.path.with_name("erasures.jsonl").unlink()

    with pytest.raises(ArchiveRefused, match="--without-erasures"):
        restore(archive.path)
    assert not Player.objects.exists()

    assert restore(archive.path, without_erasures=True).lists == ()
    assert Player.objects.exists()


def test_lists_from_elsewhere_count_too(system: LivedIn, archive: Written, tmp_path: Path) -> None:
    list_of_another_machine = tmp_path / "elsewhere.jsonl"
    list_of_another_machine.write_text(f'{{"user_id": {system.alice.id}, "erased_at": "{NOW.isoformat()}"}}\n')
    empty_system()

    restored = restore(archive.path, lists=[list_of_another_machine])

    assert restored.erased_again == 1
    assert Player.objects.get(pk=system.alice.id).state == "erased"


def test_the_restored_system_keeps_the_lists_for_its_own_archives(
    system: LivedIn, archive: Written, tmp_path: Path, settings: Any
) -> None:
    settings.SNAPSHOT_DIR = tmp_path / "of the restored system"
    erased = Erasure(user_id=system.alice.id, erased_at=NOW)
    with archive.path.with_name("erasures.jsonl").open("ab") as file:
        file.write(msgspec.json.encode(erased) + b"\n")
    empty_system()

    call_command("restore", archive.path, stdout=StringIO())

    assert erased in erasures.read(settings.SNAPSHOT_DIR / "erasures.jsonl")


def test_a_list_that_cannot_be_read_is_refused(archive: Written) -> None:
    empty_system()
    with archive.path.with_name("erasures.jsonl").open("a") as file:
        file.write('{"user_id": "alice"}\n')

    with pytest.raises(ArchiveRefused, match="Line 2 of the list"):
        restore(archive.path)

    assert not Player.objects.exists()


def test_a_list_of_a_system_that_was_there_before_erases_nobody(
    system: LivedIn, archive: Written, tmp_path: Path
) -> None:
    before = NOW - timedelta(days=30)
    foreign = tmp_path / "foreign.jsonl"
    foreign.write_text(f'{{"user_id": {system.alice.id}, "erased_at": "{before.isoformat()}"}}\n')
    empty_system()

    with pytest.raises(ArchiveRefused, match="is of another system"):
        restore(archive.path, lists=[foreign])

    assert not Player.objects.exists()
    restore(archive.path)
    assert Player.objects.get(pk=system.alice.id).state == "active"


def test_an_archive_knows_nothing_of_the_erased(system: LivedIn, tmp_path: Path) -> None:
    data_rights.erase(user_id=system.bob.id, by=None, reason="As asked for.")

    written = snapshot(tmp_path / "after.tar")

    with tarfile.open(written.path) as tar:
        parts = [tar.extractfile(name) for name in tar.getnames() if name.endswith(".gz")]
        rows = b"".join(gzip.decompress(part.read()) for part in parts if part is not None)
    assert b"alice" in rows
    assert [name for name in (b"dora", b"bob", b"robert") if name in rows] == []
