"""`manage.py rebuild`: makes the ranks anew from PostgreSQL while everything goes on."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error
from typing_extensions import override

from scores import boards
from scores.boards import WindowRef
from scores.errors import RanksUnavailable
from scores.models import Standing
from scores.ranking.rebuilding import RebuildAborted, Rebuilt, rebuild
from scores.telling import Teller, teller
from scores.unhurried import count


class Command(BaseCommand):
    """Rebuilds one board's ranks, or all."""

    help = "Makes the ranks in Valkey anew from PostgreSQL, without downtime. Ctrl-C leaves the old ones as they were."

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("board", nargs="?", help="only this board (default: all)")

    @override
    def handle(self, *args: object, board: str | None = None, **options: Any) -> None:
        try:
            windows = [window for window in boards.live() if board in {None, window.board}]
            if not windows:
                raise CommandError(f"There is no board {board!r}.")
            for number, window in enumerate(windows):
                self._rebuild(window, is_first=number == 0)
        except (RebuildAborted, RanksUnavailable) as error:
            raise CommandError(str(error)) from error
        except Error as error:
            raise CommandError(f"PostgreSQL does not answer: {str(error).strip()}") from error
        except KeyboardInterrupt:
            self.stderr.write("Interrupted: ranks that were not done yet stay as they were.")
            raise

    def _rebuild(self, window: WindowRef, *, is_first: bool) -> None:
        name = f"{window.board}:{window.window}"
        began = time.monotonic()
        with teller() as told:
            told.begin(f"rebuilding {name}", count(Standing.objects.filter(window_id=window.id)))
            # Names lie there once for all boards. Who asks for a rebuild trusts nothing that is there.
            rebuilt = rebuild(window, keep_names=not is_first, progress=_Steps(told))
        self._sum_up(name, rebuilt, time.monotonic() - began)

    def _sum_up(self, name: str, rebuilt: Rebuilt, seconds: float) -> None:
        self.stdout.write(f"{name}: {rebuilt.players:,} players in {seconds:.1f} s, epoch {rebuilt.epoch}")


class _Steps:
    """Tells how many players more there are each time, where it is told how many there are in all."""

    def __init__(self, told: Teller) -> None:
        self._told = told
        self._so_far = 0

    def __call__(self, players: int) -> None:
        self._told.advance(players - self._so_far)
        self._so_far = players
