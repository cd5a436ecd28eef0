"""The transaction that every decision shares: the gate, the change, the audit trail, the announcement."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import IntegrityError, connection, transaction
from django.db.backends.utils import CursorWrapper

from scores import audit
from scores.changes import Committed, NameChange, StandingChange
from scores.errors import Refused
from scores.ledger import gate
from scores.ledger.announce import Announcement
from scores.ledger.statements import sql_text
from scores.models import AuditEntry, Player


class Decision:
    """One decision on its way: everything that it changes and tells goes through here."""

    def __init__(self, cursor: CursorWrapper, *, by: int | None, reason: str) -> None:
        self._cursor = cursor
        self._by = by
        self._reason = reason
        self.standings: list[StandingChange] = []
        self.names: list[NameChange] = []

    def run(self, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of `sql/<name>.sql`."""
        self._cursor.execute(sql_text(name), parameters)
        rows: list[tuple[Any, ...]] = self._cursor.fetchall()
        return rows

    def change_standings(self, name: str, **parameters: Any) -> None:
        """Run a statement whose rows are standings that it wrote; they are announced after the commit."""
        self.standings += [StandingChange(*row) for row in self.run(name, **parameters)]

    def refold(self, user_ids: Sequence[int], moments: Sequence[object]) -> None:
        """Fold standings anew, of each player in every window that holds the moment beside their id."""
        self.change_standings("refold_standings", user_ids=user_ids, moments=moments)

    def write_down(self, *decided: audit.Decided) -> list[AuditEntry]:
        """Add entries to the audit trail."""
        return audit.write(decided, by=self._by, reason=self._reason)


@contextmanager
def deciding(*, by: int | None, reason: str) -> Iterator[Decision]:
    """A decision, alone behind the gate, committed and announced when the block ends.

    No batch that still saw the old state can commit once it has ended.

    Raises:
        Refused: `reason_missing`, or `total_out_of_range`: a total would leave 0 to 2^53 - 1.
        django.db.OperationalError: the gate was not to be had within two seconds; nothing happened.
    """
    if not reason.strip():
        raise Refused("reason_missing", "A decision needs a reason.")
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            gate.close(cursor)
            decision = Decision(cursor, by=by, reason=reason)
            yield decision
            Announcement().after_commit(Committed(tuple(decision.standings), tuple(decision.names)))
    except IntegrityError as error:
        cause = error.__cause__
        if isinstance(cause, psycopg.Error) and cause.diag.constraint_name == "leaderboard_total_score_range":
            raise Refused("total_out_of_range", "The player's total would fall below 0 or pass 2^53 - 1.") from error
        raise


def player_to_decide_about(user_id: int) -> Player:
    """The player as they are behind the gate.

    Raises:
        Refused: `unknown_player`: there is none, or what there was is erased; `staff`.
    """
    player = Player.objects.filter(pk=user_id).exclude(state=Player.State.ERASED).first()
    if player is None:
        raise Refused("unknown_player", f"There is no player with user_id {user_id}.")
    if player.is_staff:
        raise Refused("staff", "Staff are not decided about: take their access first.")
    return player
