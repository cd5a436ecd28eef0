"""Whether what was acknowledged is in PostgreSQL: a benchmark of a server that forgets would be worthless."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from leaderboard_project.bench.installation import Installation

_RECORDED = "SELECT count(*) FROM idempotency_keys WHERE key COLLATE \"C\" LIKE %s || '%%'"


@dataclass(frozen=True, slots=True)
class Audit:
    """Counts what is recorded under idempotency keys that begin with `prefix`."""

    database_url: str
    prefix: str

    @classmethod
    def begin(cls, made: Installation, *, prefix: str) -> Audit:
        """Look at the sessions of a load of that prefix."""
        return cls(made.addresses.database_url, prefix)

    def end(self, *, acked: int) -> tuple[int, tuple[str, ...]]:
        """How many acknowledged sessions are not recorded, and a note about it.

        More may be recorded than were acknowledged: what was on its way when a client ended its round.
        """
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(_RECORDED, [self.prefix]).fetchone()
        recorded = int(row[0]) if row else 0
        lost = max(0, acked - recorded)
        told = f"{acked:,} acknowledged, {recorded:,} recorded in PostgreSQL"
        return lost, (f"LOST {lost:,}: {told}" if lost else told,)
