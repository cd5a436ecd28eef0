"""Makes an empty system the one that an archive was taken of."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import Error, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader

from scores import boards, partitions
from scores.archive import erasures, staging, switching
from scores.archive.errors import ArchiveRefused
from scores.archive.manifest import OLDEST_MIGRATION, Manifest
from scores.archive.tables import TABLES
from scores.archive.verifying import verified
from scores.telling import Nobody, Teller
from scores.unhurried import unhurried


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it."""

    manifest: Manifest
    parts_before: int  # that an earlier, interrupted restore had loaded
    lists: tuple[Path, ...]  # of erasures
    erased_again: int
    seconds: float


def restore(
    path: Path, *, lists: Sequence[Path] = (), without_erasures: bool = False, told: Teller | None = None
) -> Restored:
    """Restore the archive; see docs/backup.md. Interrupted, it goes on where it was when it is called again.

    Args:
        path: the archive.
        lists: lists of erasures beside the one that lies beside the archive, if one does.
        without_erasures: go on where there is no list at all.
        told: who hears how far it is.

    Raises:
        ArchiveRefused: nothing of it is to be seen, and the message says why.
    """
    began = time.monotonic()
    told = told or Nobody()
    try:
        with path.open("rb") as file, staging.alone():
            _refuse_old_tables()
            switching.refuse_unless_empty()
            found = _lists(path, lists, without_erasures=without_erasures)
            erased = erasures.latest(erasure for one in found for erasure in erasures.read(one))
            archive = verified(file, told)
            manifest = archive.manifest
            _refuse_another_age(manifest)
            parts_before = staging.load(archive, told)
            _make_partitions(manifest)
            again = switching.switch(manifest, erased, told)
            _analyze()
    except OSError as error:
        raise ArchiveRefused(f"{error.filename or path} cannot be read: {error.strerror or error}.") from error
    except Error as error:
        raise ArchiveRefused(f"PostgreSQL ended it: {str(error).strip()}. Call it again: it goes on.") from error
    boards.forget()
    return Restored(manifest, parts_before, found, again, time.monotonic() - began)


def check(path: Path, told: Teller | None = None) -> Manifest:
    """Look at every byte of the archive and restore nothing; give what it says of itself.

    Raises:
        ArchiveRefused: it is damaged, or this program cannot restore it.
    """
    try:
        with path.open("rb") as file:
            manifest = verified(file, told or Nobody()).manifest
    except OSError as error:
        raise ArchiveRefused(f"{path} cannot be read: {error.strerror or error}.") from error
    _refuse_another_age(manifest)
    return manifest


def _lists(path: Path, given: Sequence[Path], *, without_erasures: bool) -> tuple[Path, ...]:
    beside = path.with_name(erasures.NAME)
    found = (*([beside] if beside.exists() else []), *given)
    if not found and not without_erasures:
        raise ArchiveRefused(
            f"There is no list of erasures ({beside}): players who were erased after the archive was taken would come"
            " back. Bring the newest list that there is (--erasures FILE), or say --without-erasures."
        )
    return found


def _refuse_old_tables() -> None:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise ArchiveRefused("The tables are not those of this program: run `manage.py migrate` first.")


def _refuse_another_age(manifest: Manifest) -> None:
    known = {name for app, name in MigrationLoader(None).disk_migrations if app == "scores"}
    is_older = manifest.migration < OLDEST_MIGRATION
    if is_older or manifest.migration not in known:
        raise ArchiveRefused(
            f"The archive is of {'an older' if is_older else 'a newer'} Rankcast ({manifest.version}, migration"
            f" {manifest.migration}). Restore it with that version, then upgrade there: its migrations bring the data"
            " along."
        )


def _make_partitions(manifest: Manifest) -> None:
    """Those that the archive's sessions were in; empty ones change nothing."""
    for month in manifest.months:
        partitions.make(connection, datetime.strptime(f"{month}+0000", "%Y_%m%z"))


def _analyze() -> None:
    """Let PostgreSQL know the tables before the first question, and not some minutes later."""
    with transaction.atomic(), unhurried(), connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(table.name for table in TABLES if table.draws_ids)}, leaderboard")
