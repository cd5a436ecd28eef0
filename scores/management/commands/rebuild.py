"""`manage.py rebuild`: makes the ranks anew from PostgreSQL while everything goes on."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from scores import boards
from scores.errors import RanksUnavailable
from scores.ranking.rebuilding import RebuildAborted, rebuild


class Command(BaseCommand):
    """Rebuilds one board's ranks, or all."""

    help = "Makes the ranks in Valkey anew from PostgreSQL, without downtime."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("board", nargs="?", help="only this board (default: all)")

    @override
    def handle(self, *args: object, board: str | None = None, **options: Any) -> None:
        windows = [window for window in boards.live() if board in {None, window.board}]
        if not windows:
            raise CommandError(f"There is no board {board!r}.")
        for window in windows:
            name = f"{window.board}:{window.window}"
            try:
                rebuilt = rebuild(window, progress=partial(self._tell, name))
            except (RebuildAborted, RanksUnavailable) as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"\r{name}: {rebuilt.players:,} players, epoch {rebuilt.epoch}")

    def _tell(self, name: str, players: int) -> None:
        if self.stdout.isatty():
            self.stdout.write(f"\r{name}: {players:,} players", ending="")
