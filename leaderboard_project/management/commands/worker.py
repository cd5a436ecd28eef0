"""`manage.py worker`: keeps ranks equal to the ledger and makes partitions ahead of time."""

from __future__ import annotations

import signal
import threading

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from leaderboard_project.parent import end_with_parent
from scores.errors import RanksUnavailable
from scores.worker import refuse_eviction, work


class Command(BaseCommand):
    """Runs until SIGTERM or Ctrl-C. Any number of workers may run."""

    help = "Keeps ranks equal to the ledger and makes partitions ahead of time. Any number may run."
    requires_system_checks = ()  # the web processes check; a worker should just start

    @override
    def handle(self, *args: object, **options: object) -> None:
        try:
            if reason := refuse_eviction():
                raise CommandError(reason)
        except RanksUnavailable:
            pass  # it may come later; until then the worker waits for it
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        end_with_parent(stop.set)
        work(stop)
