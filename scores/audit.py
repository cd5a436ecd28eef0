"""Writes the audit trail: who decided what about whom, why, and what was so before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scores.models import AuditEntry

Action = AuditEntry.Action
Subject = AuditEntry.Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What one entry tells of one subject. `before` and `after` hold no names: see `FormerName`."""

    action: AuditEntry.Action
    subject: AuditEntry.Subject
    subject_id: int
    player_id: int | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)


def write(decided: Iterable[Decided], *, by: int | None, reason: str) -> list[AuditEntry]:
    """Add entries to the trail, in the transaction that is open: the decision and its entry are one.

    Args:
        decided: one per subject.
        by: the id of whoever decided; None where the server did by itself.
        reason: in the decider's words, without names; a decision without one is refused by the table.

    Raises:
        django.db.IntegrityError: no reason.
    """
    return AuditEntry.objects.bulk_create(
        AuditEntry(
            actor_id=by,
            action=one.action,
            subject_type=one.subject,
            subject_id=one.subject_id,
            player_id=one.player_id,
            reason=reason.strip(),
            before=dict(one.before),
            after=dict(one.after),
        )
        for one in decided
    )
