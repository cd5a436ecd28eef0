"""`manage.py verify`: compares ledger, standings, ranks and names with each other, while everything goes on."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, ProgrammingError
from rich import box, progress
from rich.console import Console
from rich.table import Table
from typing_extensions import override

from scores.errors import RanksUnavailable
from scores.verification import Progress, Report, compare

_DIFFERENT = 1
_NO_ANSWER = 2


class Command(BaseCommand):
    """Compares everything with everything; changes nothing."""

    help = (
        "Compares sessions, standings, ranks and names while everything goes on; changes nothing."
        " Exit code 1: something differs; 2: PostgreSQL or Valkey does not answer."
    )

    @override
    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="the result as JSON, for programs")

    @override
    def handle(self, *args: object, **options: Any) -> None:
        try:
            with _shown() as tell:
                report = compare(progress=tell)
        except RanksUnavailable as error:
            raise CommandError(f"Valkey does not answer: {error}", returncode=_NO_ANSWER) from error
        except ProgrammingError as error:
            raise CommandError(
                f"PostgreSQL lacks what this program needs; run `manage.py migrate`. {str(error).splitlines()[0]}",
                returncode=_NO_ANSWER,
            ) from error
        except Error as error:
            raise CommandError(f"PostgreSQL does not answer: {str(error).strip()}", returncode=_NO_ANSWER) from error
        self.stdout.write(_as_json(report) if options["json"] else _as_text(report))
        if report.differences:
            sys.exit(_DIFFERENT)


@contextmanager
def _shown() -> Iterator[Progress]:
    """How far it is, on standard error: a bar on a terminal, a line for each part elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        progress.SpinnerColumn(),
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.TextColumn("{task.completed:,.0f}"),
        progress.TimeElapsedColumn(),
    )
    with progress.Progress(*columns, console=console, transient=True) as bars:
        tasks: dict[str, progress.TaskID] = {}

        def tell(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                for earlier in tasks.values():
                    bars.update(earlier, visible=False)
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield tell


class _Lines:
    """A line when a part begins."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._what = ""

    def __call__(self, what: str, done: int, total: int | None) -> None:
        if what != self._what:
            self._what = what
            self._console.print(f"comparing {what}", highlight=False)


def _as_json(report: Report) -> str:
    parts = [
        {"what": tally.what, "compared": tally.compared, "differences": tally.differences} for tally in report.tallies
    ]
    document = {"differences": report.differences, "parts": parts, "first": report.examples}
    return msgspec.json.format(msgspec.json.encode(document)).decode()


def _as_text(report: Report) -> str:
    table = Table("what", box=box.SIMPLE_HEAD)
    table.add_column("compared", justify="right")
    table.add_column("differences", justify="right")
    for tally in report.tallies:
        table.add_row(tally.what, f"{tally.compared:,}", f"{tally.differences:,}")
    console = Console(color_system=None, width=100)
    with console.capture() as text:
        console.print(table)
    shown = [line.rstrip() for line in text.get().splitlines() if line.strip()]
    if not report.differences:
        return "\n".join([*shown, "No differences."])
    number = len(report.examples)
    head = "The differences:" if number == report.differences else f"The first {number} of {report.differences:,}:"
    return "\n".join([*shown, head, *(f"- {sentence}" for sentence in report.examples)])
