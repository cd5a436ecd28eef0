"""Entries of the audit trail in words, with links to what they are about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.safestring import SafeString

from scores.admin.links import link, page_of, to_player
from scores.admin.times import moment
from scores.models import AuditEntry, FormerName

_PAGES: Final = {
    AuditEntry.Subject.PLAYER: "player",
    AuditEntry.Subject.SESSION: "gamesession",
    AuditEntry.Subject.BOARD: "board",
    AuditEntry.Subject.RULE: "suspicionrule",
    AuditEntry.Subject.API_KEY: "apikey",
}
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT")


@dataclass(frozen=True, slots=True)
class Told:
    """One entry as people read it."""

    at: datetime
    actor: SafeString | str
    action: str
    subject: SafeString
    player: SafeString | str
    reason: str
    change: str


def told(entry: AuditEntry) -> Told:
    """The entry in words. Its actor, its player and its former name should be at hand: see `select_related`."""
    return Told(
        at=entry.at,
        actor=actor(entry),
        action=entry.get_action_display(),
        subject=subject(entry),
        player=player(entry),
        reason=entry.reason,
        change=change(entry),
    )


def actor(entry: AuditEntry) -> SafeString | str:
    """Who decided."""
    return "the server" if entry.actor is None else to_player(entry.actor)


def player(entry: AuditEntry) -> SafeString | str:
    """The player concerned."""
    return "" if entry.player is None else to_player(entry.player)


def subject(entry: AuditEntry) -> SafeString:
    """What it was decided about, with the way to its page."""
    page = page_of(_PAGES[AuditEntry.Subject(entry.subject_type)], entry.subject_id)
    return link(page, f"{entry.get_subject_type_display()} {entry.subject_id}")


def change(entry: AuditEntry) -> str:
    """What was so before, and after."""
    former = _former_name(entry)
    names = [] if former is None else [f"name: {former.before} → {former.after}"]
    fields = [name for name in {**entry.after, **entry.before} if entry.before.get(name) != entry.after.get(name)]
    return "; ".join(names + [_field(name, entry) for name in fields])


def _former_name(entry: AuditEntry) -> FormerName | None:
    return getattr(entry, "former_name", None)  # Django raises an AttributeError where there is none


def _field(name: str, entry: AuditEntry) -> str:
    sides = [_value(side[name]) for side in (entry.before, entry.after) if name in side]
    return f"{name.replace('_', ' ')}: {' → '.join(sides)}"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, str) and _MOMENT.match(value):
        return moment(datetime.fromisoformat(value))
    return "–" if value in (None, "") else str(value)
