"""`manage.py snapshot [FILE]`: writes everything that PostgreSQL knows into one file, while everything goes on."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from typing_extensions import override

from scores.archive import ArchiveRefused, NoArchive, Written, erasures, snapshot
from scores.telling import teller


class Command(BaseCommand):
    """Takes an archive of this moment."""

    help = "Writes players, sessions, standings, boards, keys and the audit trail of this moment into one archive."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="a new file (default: one in RANKCAST_SNAPSHOT_DIR)")

    @override
    def handle(self, *args: object, file: Path | None = None, **options: Any) -> None:
        path = file or _default()
        try:
            with teller() as told:
                written = snapshot(path, told)
        except NoArchive as error:
            raise CommandError(str(error)) from None
        except KeyboardInterrupt:
            self.stderr.write("Interrupted: no archive was written.")
            raise
        try:
            erasures.write_down(path.parent)
        except (ArchiveRefused, OSError, Error) as error:
            raise CommandError(f"The archive is written, but not the list of erasures beside it: {error}") from None
        self._tell(written)

    def _tell(self, written: Written) -> None:
        for table in written.manifest.tables:
            self.stdout.write(f"{table.name:20} {table.rows:12,}  {table.digest[:16]}")
        self.stdout.write(
            f"{written.path}: {written.size:,} bytes in {written.seconds:.1f} s, digest {written.manifest.digest}"
        )


def _default() -> Path:
    directory = settings.SNAPSHOT_DIR
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{directory} cannot be made: {error.strerror}.") from None
    return Path(directory / f"snapshot-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar")
