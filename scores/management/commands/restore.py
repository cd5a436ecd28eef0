"""`manage.py restore FILE`: makes an empty system the one that an archive was taken of."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection
from typing_extensions import override

from scores import boards
from scores.archive import ArchiveRefused, Restored, check, erasures, restore
from scores.archive.manifest import Manifest
from scores.errors import RanksUnavailable
from scores.ranking.rebuilding import RebuildAborted, rebuild
from scores.telling import teller


class Command(BaseCommand):
    """Restores an archive; interrupted, it goes on when it is called again."""

    help = "Restores an archive into an empty system: all of it at once, or nothing. Interrupted, call it again."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the archive")
        parser.add_argument(
            "--erasures",
            type=Path,
            action="append",
            default=[],
            metavar="FILE",
            help="a list of those who were erased, besides the one beside the archive; may be given several times",
        )
        parser.add_argument(
            "--without-erasures",
            action="store_true",
            help="go on where there is no list of erasures: who was erased after the archive was taken comes back",
        )

        parser.add_argument(
            "--check", action="store_true", help="only see whether the archive is whole; change nothing"
        )

    @override
    def handle(self, *args: object, file: Path, **options: Any) -> None:
        if options["check"]:
            self._check(file)
            return
        try:
            if not connection.introspection.table_names():  # a fresh data directory
                call_command("migrate", verbosity=0)
            with teller() as told:
                restored = restore(
                    file, lists=options["erasures"], without_erasures=options["without_erasures"], told=told
                )
        except ArchiveRefused as error:
            raise CommandError(str(error)) from None
        except Error as error:
            raise CommandError(f"PostgreSQL does not answer: {str(error).strip()}") from None
        except KeyboardInterrupt:
            self.stderr.write("Interrupted: all of it is there or nothing. The same command goes on where it was.")
            raise
        self._tell(file, restored)
        self._bring_along(restored)
        self._rebuild()
        self.stdout.write(
            "API keys work as before. Whoever was logged in, in a browser or by a program, logs in again."
            " `manage.py verify` compares sessions, standings and ranks."
        )

    def _bring_along(self, restored: Restored) -> None:
        """Let the list of erasures stay with the system: its next archives need it as the old ones did."""
        try:
            erasures.bring_along(settings.SNAPSHOT_DIR, restored.lists)
        except OSError as error:
            self.stderr.write(
                f"The list of erasures could not be copied to {settings.SNAPSHOT_DIR} ({error.strerror}):"
                " copy erasures.jsonl there yourself, or older archives bring back who was erased."
            )

    def _check(self, file: Path) -> None:
        try:
            with teller() as told:
                manifest = check(file, told)
        except ArchiveRefused as error:
            raise CommandError(str(error)) from None
        self._list(manifest)
        self.stdout.write(f"{file}, taken at {manifest.taken_at}, is whole. Digest {manifest.digest}.")

    def _list(self, manifest: Manifest) -> None:
        for table in manifest.tables:
            self.stdout.write(f"{table.name:20} {table.rows:12,}")

    def _tell(self, file: Path, restored: Restored) -> None:
        manifest = restored.manifest
        self._list(manifest)
        if restored.parts_before:
            self.stdout.write(
                f"{restored.parts_before:,} parts had been loaded before by a restore that was interrupted."
            )
        self.stdout.write(f"{file}, taken at {manifest.taken_at}, was restored in {restored.seconds:.1f} s.")
        if restored.lists:
            self.stdout.write(f"Players erased again: {restored.erased_again:,}.")
        else:
            self.stdout.write(
                "WITHOUT a list of erasures: whoever was erased after the archive was taken is there again."
                " Erase them in the admin site."
            )

    def _rebuild(self) -> None:
        for window in boards.live():
            name = f"{window.board}:{window.window}"
            try:
                self.stdout.write(f"ranks of {name}: {rebuild(window).players:,} players")
            except (RebuildAborted, RanksUnavailable, Error) as error:
                self.stdout.write(f"The ranks of {name} are left to the worker: {error}")
