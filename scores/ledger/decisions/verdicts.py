"""Ends suspicions: the session is let pass, or rejected."""

from __future__ import annotations

from collections.abc import Sequence

from scores import audit
from scores.errors import Refused
from scores.ledger.decisions.deciding import deciding
from scores.ledger.decisions.voiding import MOST_SESSIONS
from scores.models import Suspicion


def decide(*, suspicion_ids: Sequence[int], verdict: Suspicion.Verdict, by: int | None, reason: str) -> int:
    """Let the suspicious sessions pass, so that they count, or reject them, so that they are void.

    A session is decided about as a whole: all its open suspicions end. What was decided already is passed over.

    Returns:
        How many sessions it was about.

    Raises:
        Refused: `too_many`, `total_out_of_range`, `reason_missing`.
        django.db.OperationalError: see `deciding`.
    """
    if len(suspicion_ids) > MOST_SESSIONS:
        raise Refused("too_many", f"At most {MOST_SESSIONS} suspicions can be decided about at once.")
    passed = verdict == Suspicion.Verdict.PASSED
    with deciding(by=by, reason=reason) as decision:
        chosen = Suspicion.objects.filter(pk__in=suspicion_ids, verdict=Suspicion.Verdict.OPEN)
        session_ids = list(chosen.values_list("session_id", flat=True).distinct())
        Suspicion.objects.filter(session_id__in=session_ids, verdict=Suspicion.Verdict.OPEN).update(verdict=verdict)
        decided = decision.run("end_suspicion", session_ids=session_ids, passed=passed)
        decision.refold([user_id for _, user_id, *_ in decided], [moment for _, _, moment, _ in decided])
        decision.write_down(
            *(
                audit.Decided(
                    action=audit.Action.PASS if passed else audit.Action.REJECT,
                    subject=audit.Subject.SESSION,
                    subject_id=session_id,
                    player_id=user_id,
                    before={"held": held},
                    after={"held": False, "voided": not passed},
                )
                for session_id, user_id, _, held in decided
            )
        )
    return len(decided)
