"""Listens to the ledger: what it committed goes into the ranks at once. The reconciler is the safety net."""

from __future__ import annotations

import structlog
from django.dispatch import receiver

from scores import failpoints
from scores.changes import Committed, Projection
from scores.errors import RanksUnavailable
from scores.ranking.projecting import project
from scores.signals import standings_committed

log = structlog.get_logger(__name__)


@receiver(standings_committed, dispatch_uid="scores.ranking")
def project_committed(sender: object, *, committed: Committed, **_: object) -> Projection:
    """Project what was just committed; without Valkey the receipts simply carry no rank."""
    if failpoints.reach("write_after_commit"):
        return Projection()
    try:
        return project(committed)
    except RanksUnavailable as error:
        log.debug("committed without ranks", reason=str(error))
        return Projection()
