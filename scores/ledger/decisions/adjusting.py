"""Gives or takes points: an entry of its own in the ledger, which is voided like any other."""

from __future__ import annotations

from scores import audit
from scores.errors import Refused
from scores.ledger.clients import client_of_player
from scores.ledger.decisions.deciding import deciding, player_to_decide_about
from scores.ledger.values import MAXIMUM


def adjust(*, user_id: int, points: int, by: int, reason: str) -> int:
    """Add points to the player's totals in every window that is open now, or take them where negative.

    Returns:
        The id of the session that stands for it.

    Raises:
        Refused: `unknown_player`, `staff`, `total_out_of_range`, `reason_missing`; `score_out_of_range`: no points,
            or too many.
        django.db.OperationalError: see `deciding`.
    """
    if points == 0 or abs(points) > MAXIMUM:
        raise Refused("score_out_of_range", "An adjustment is a whole number of at most 2^53 - 1 points, and not 0.")
    client_id = client_of_player(by)
    with deciding(by=by, reason=reason) as decision:
        player_to_decide_about(user_id)
        [(session_id, moment)] = decision.run("insert_adjustment", user_id=user_id, points=points, client_id=client_id)
        decision.refold([user_id], [moment])
        decision.write_down(
            audit.Decided(
                action=audit.Action.ADJUST,
                subject=audit.Subject.SESSION,
                subject_id=session_id,
                player_id=user_id,
                after={"points": points},
            )
        )
    return int(session_id)
