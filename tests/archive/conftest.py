"""Fixtures of archives: a system in which everything has happened, its archive, and an empty system."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from scores import boards
from scores.archive import Written, erasures, snapshot
from tests.archive.lived_in import LivedIn, lived_in
from tests.conftest import _empty


def empty_system() -> None:
    """What migrations make of a fresh database, and nothing else."""
    _empty()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS restoring CASCADE")
        cursor.execute("DELETE FROM board_windows WHERE board_id IN (SELECT id FROM boards WHERE slug <> 'global')")
        cursor.execute("DELETE FROM boards WHERE slug <> 'global'")
    boards.forget()


@pytest.fixture
def system(committed: None) -> Iterator[LivedIn]:
    """Everything has happened here."""
    yield lived_in()
    empty_system()


@pytest.fixture
def archive(system: LivedIn, tmp_path: Path) -> Written:
    """Its archive, with the list of erasures beside it."""
    written = snapshot(tmp_path / "evening.tar")
    erasures.write_down(tmp_path)
    return written
