"""Lets sessions count no longer, and again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scores import audit
from scores.errors import Refused
from scores.ledger.decisions.deciding import deciding

MOST_SESSIONS: Final = 1000  # at once: the gate stays closed while their players' standings are folded anew


def void_sessions(*, session_ids: Sequence[int], by: int | None, reason: str) -> int:
    """Let sessions count no longer, on any board, final ones included; give how many counted until now.

    All of them or, where one cannot be, none. Those that are void already, or unknown, are passed over.

    Raises:
        Refused: `too_many`, `total_out_of_range` (an adjustment held the total up), `reason_missing`.
        django.db.OperationalError: see `deciding`.
    """
    return _set_voided(session_ids, voided=True, by=by, reason=reason)


def unvoid_sessions(*, session_ids: Sequence[int], by: int | None, reason: str) -> int:
    """Let voided sessions count again; give how many did not until now. As `void_sessions` otherwise."""
    return _set_voided(session_ids, voided=False, by=by, reason=reason)


def _set_voided(session_ids: Sequence[int], *, voided: bool, by: int | None, reason: str) -> int:
    if len(session_ids) > MOST_SESSIONS:
        raise Refused("too_many", f"At most {MOST_SESSIONS} sessions can be decided about at once.")
    with deciding(by=by, reason=reason) as decision:
        changed = decision.run("set_voided", session_ids=list(session_ids), voided=voided)
        decision.refold([user_id for _, user_id, _ in changed], [moment for *_, moment in changed])
        decision.write_down(
            *(
                audit.Decided(
                    action=audit.Action.VOID if voided else audit.Action.UNVOID,
                    subject=audit.Subject.SESSION,
                    subject_id=session_id,
                    player_id=user_id,
                    before={"voided": not voided},
                    after={"voided": voided},
                )
                for session_id, user_id, _ in changed
            )
        )
    return len(changed)
