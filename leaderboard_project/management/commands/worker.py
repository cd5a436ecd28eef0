"""`manage.py worker`: keeps ranks equal to the ledger and makes partitions ahead of time."""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from leaderboard_project import checks
from leaderboard_project.parent import end_with_parent, terminate
from scores.errors import RanksUnavailable
from scores.worker import refuse_eviction, work

_STOPPING = (signal.SIGTERM, signal.SIGINT)


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C. Any number of workers may run."""

    help = "Keeps ranks equal to the ledger and makes partitions ahead of time. Any number may run."
    requires_system_checks = ()  # those of the settings are enough, and say it their own way

    @override
    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--pulse", type=Path, help="a file to touch at each turn, for a health check")

    @override
    def handle(self, *args: object, **options: Any) -> None:
        checks.refuse_errors()
        try:
            if reason := refuse_eviction():
                raise CommandError(reason)
        except RanksUnavailable:
            pass  # it may come later; until then the worker waits for it
        # The signals are waited for, not handled: a handler that set the event could interrupt
        # the event's own wait in the same thread, and stand before a lock that it holds itself.
        signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        stop = threading.Event()
        pulse: Path | None = options["pulse"]
        felt: Callable[[], object] = pulse.touch if pulse else lambda: None
        worker = threading.Thread(target=_work, args=(stop, felt), name="worker")
        worker.start()
        end_with_parent()
        signal.sigwait(_STOPPING)
        failed = not worker.is_alive()
        stop.set()
        worker.join()
        if failed:
            raise CommandError("The worker stopped by itself; its last words are above.")


def _work(stop: threading.Event, pulse: Callable[[], object]) -> None:
    try:
        work(stop, pulse)
    finally:
        terminate()
