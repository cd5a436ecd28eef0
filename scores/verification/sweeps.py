"""The book of the sweeper: what it found, each time that it has looked at everything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max, Sum
from django.db.models.functions import Now

from scores.models import Sweep

#: How long those are kept that found nothing.
_KEPT: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Swept:
    """What all sweeps came to: the differences of all times, which must stay 0, and when the last one ended."""

    differences: int
    repaired: int
    last_finished_at: datetime | None


def swept() -> Swept:
    """What all sweeps came to.

    Raises:
        django.db.Error: PostgreSQL does not answer.
    """
    found = Sweep.objects.aggregate(Sum("differences"), Sum("repaired"), Max("finished_at"))
    return Swept(found["differences__sum"] or 0, found["repaired__sum"] or 0, found["finished_at__max"])


def write_down(sweep: Sweep) -> None:
    """Keep what a finished sweep found; forget the old ones that found nothing.

    Raises:
        django.db.Error: PostgreSQL does not answer.
    """
    sweep.save()
    Sweep.objects.filter(differences=0, finished_at__lt=Now() - _KEPT).delete()
