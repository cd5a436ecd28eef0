"""`manage.py bench`: how fast it is, on this machine, against the plain way."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from typing_extensions import override

from leaderboard_project.bench.document import document
from leaderboard_project.bench.errors import BenchFailed
from leaderboard_project.bench.figures import Result
from leaderboard_project.bench.load.running import best_client
from leaderboard_project.bench.machine import describe
from leaderboard_project.bench.progress import Progress
from leaderboard_project.bench.scenarios import SCENARIOS
from leaderboard_project.bench.tables import table
from leaderboard_project.bench.targets import target_of
from leaderboard_project.bench.workbench import Options, Workbench
from leaderboard_project.embedded.errors import EmbeddedError


class Command(BaseCommand):
    """Starts servers of its own, drives them, prints tables, and leaves nothing behind."""

    help = "Measure how fast the server is, on throw-away servers, each comparison two ways in the same run."
    requires_system_checks = ()

    @override
    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("scenarios", nargs="*", metavar="SCENARIO", help="which ones (default: all; see --list)")
        add("--list", action="store_true", help="say what there is to measure, and end")
        add("--seconds", type=_positive(float), default=5.0, help="length of a round (default: %(default)s)")
        add("--rounds", type=_positive(int), default=3, help="rounds of each way (default: %(default)s)")
        add("--connections", type=_positive(int), help="HTTP connections or sockets, where a scenario has many")
        add("--players", type=_positive(int), default=1_000_000, help="on the large board (default: %(default)s)")
        add("--small", type=_positive(int), default=10_000, help="players on the small board (default: %(default)s)")
        add("--processes", type=_positive(int), default=1, help="web processes (default: %(default)s)")
        add("--client", choices=("wrk", "own"), default=best_client(), help="HTTP client (default: %(default)s)")
        add("--json", type=Path, metavar="FILE", help="also write the figures there")
        add("--check", action="store_true", help="fail where a target is not met or something went wrong")

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            self.stdout.write("\n".join(f"{name:15} {_first_line(run.__doc__)}" for name, run in SCENARIOS.items()))
            return
        names = _chosen(options["scenarios"])
        # Both end everything that was started; a shell's background jobs would ignore the first.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, _stop)
        try:
            results = self._measure(names, options)
        except (BenchFailed, EmbeddedError) as error:
            raise CommandError(str(error)) from None
        if options["check"] and not all(map(_keeps_promises, results)):
            raise CommandError("Not all targets are met; see the tables.")

    def _measure(self, names: list[str], options: dict[str, Any]) -> list[Result]:
        load_average = os.getloadavg()[0]
        chosen = Options(
            seconds=options["seconds"],
            rounds=options["rounds"],
            connections=options["connections"],
            players=options["players"],
            small=min(options["small"], options["players"]),
            processes=options["processes"],
            client=options["client"],
        )
        results: list[Result] = []
        with ExitStack() as ends:
            bench = Workbench(chosen, Progress(), ends)
            first = bench.installation(chosen.small)
            machine = describe(
                first.addresses,
                first.data,
                load_average=load_average,
                processes=chosen.processes,
                client=chosen.client,
            )
            bench.progress.clear()
            self.stdout.write(machine.header())
            for name in names:
                results.append(SCENARIOS[name](bench))
                bench.progress.clear()
                self.stdout.write(f"\n{table(results[-1])}")
                if options["json"]:  # each time: who ends a long run early keeps what there is
                    options["json"].write_text(document(machine, results), encoding="utf-8")
            bench.progress.begin("stopping")
        bench.progress.clear()
        return results


def _chosen(names: list[str]) -> list[str]:
    unknown = [name for name in names if name not in SCENARIOS]
    if unknown:
        raise CommandError(f"There is no scenario {unknown[0]!r}; --list says which there are.")
    return [name for name in SCENARIOS if not names or name in names]


def _keeps_promises(result: Result) -> bool:
    judged = [(target_of(result.scenario, figure), figure) for figure in result.figures]
    return not result.errors and all(
        target is None or not result.full_size or target.is_met(figure) for target, figure in judged
    )


def _positive(kind: type[int] | type[float]) -> Any:
    def read(text: str) -> float:
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError("must be above 0")
        return value

    return read


def _first_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[0]


def _stop(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
