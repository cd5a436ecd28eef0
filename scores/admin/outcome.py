"""What came of a decision, and how it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import OperationalError
from django.db.models.options import Options
from django.http import HttpRequest

from scores.admin.decision import Decision
from scores.errors import Refused


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many rows changed, how many were so already, and why others could not be decided about."""

    done: int
    idle: int
    failures: Sequence[str]


def decide_about(decision: Decision[Any], rows: Sequence[Any], answers: Mapping[str, Any], *, by: int) -> Outcome:
    """Decide about the rows, in one transaction or one after the other, as the decision is made."""
    done = tried = 0
    failures = []
    for part in [rows] if decision.together else [[row] for row in rows]:
        try:
            done += decision.decide(part, answers, by=by)
            tried += len(part)
        except Refused as refused:
            failures.append(refused.detail)
        except OperationalError:  # what was decided before stays so; the rest would only wait as long
            failures.append("The ledger is busy: try again in a moment.")
            break
    return Outcome(done, tried - done, failures)


def tell(request: HttpRequest, opts: Options[Any], decision: Decision[Any], *, done: int, idle: int) -> None:
    """Say what was decided."""
    if done:
        messages.success(request, f"{counted(done, opts)} {decision.done}.")
    if idle:
        messages.warning(request, f"{counted(idle, opts)} needed nothing.")


def tell_left(request: HttpRequest, reasons: Iterable[str], *, gone: int) -> None:
    """Say what was not decided, and why."""
    for reason, number in Counter(reasons).items():
        messages.warning(request, f"{number} left as {'it was' if number == 1 else 'they were'}: {reason}")
    if gone:
        messages.warning(request, f"{gone} could not be found any more.")


def counted(number: int, opts: Options[Any]) -> str:
    """The number of rows with their name.

    Args:
        number: how many.
        opts: their model's.
    """
    return f"{number:,} {opts.verbose_name if number == 1 else opts.verbose_name_plural}"
