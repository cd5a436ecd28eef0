"""The ledger's transaction: a batch of submitted sessions, recorded by a fixed number of set statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scores import boards
from scores.changes import Committed, StandingChange
from scores.errors import Refused
from scores.ledger import gate, keys, players
from scores.ledger.announce import Announcement
from scores.ledger.statements import Statements, pipelined_transaction
from scores.ledger.values import Receipt, SubmittedSession

Answer = Receipt | Refused


@dataclass(frozen=True, slots=True)
class _Entry:
    """A session that will be recorded."""

    position: int
    session: SubmittedSession
    player: players.ResolvedPlayer
    session_id: int
    timestamp: datetime


def record(batch: Sequence[SubmittedSession]) -> list[Answer]:
    """Record the batch in one transaction; give each session its receipt or its refusal, in order.

    Everything is committed and announced when this returns. A refusal never fails its neighbour.

    Args:
        batch: sessions checked at the edge; no two may carry the same (client, idempotency key).

    Raises:
        django.db.DataError, django.db.IntegrityError: some session cannot be stored; nothing was.
        django.db.OperationalError: PostgreSQL is away, or a lock was not to be had in time.
    """
    global_window = boards.current(boards.GLOBAL)
    announcement = Announcement()
    answers: dict[int, Answer] = {}
    with pipelined_transaction() as statements:
        statements.execute(gate.SHARED_SQL)
        drawn = statements.run("draw_ids", count=len(batch))
        resolved = players.resolve(statements, batch)
        now, session_ids = _only_row(drawn.fetchone())
        entries = []
        for position, session in enumerate(batch):
            try:
                player = resolved.player_of(session)
            except Refused as refusal:
                answers[position] = refusal
            else:
                entries.append(
                    _Entry(position, session, player, session_ids[position], session.played_at or now),
                )
        originals = keys.claim(
            statements,
            sessions=[entry.session for entry in entries],
            session_ids=[entry.session_id for entry in entries],
            global_window_id=global_window.id,
        )
        fresh = []
        for entry in entries:
            if entry.session.claim is None or entry.session.claim not in originals:
                fresh.append(entry)
                continue
            try:
                answers[entry.position] = originals[entry.session.claim].replay_for(entry.session)
            except Refused as refusal:
                answers[entry.position] = refusal
        changes = _write(statements, fresh)
        # A replay's standing travels along: old news to the ranks, but it asks for the rank as it is now.
        known = {(change.window_id, change.user_id) for change in changes}
        replayed = [
            original.standing
            for original in originals.values()
            if (original.standing.window_id, original.standing.user_id) not in known
        ]
        announcement.after_commit(Committed((*changes, *replayed), resolved.created))

    totals = {(change.window_id, change.user_id): change.total_score for change in changes}
    for entry in fresh:
        answers[entry.position] = _receipt(entry, totals[global_window.id, entry.player.id])
    ranks = announcement.projection.ranks
    return [
        replace(answer, rank=ranks.get((global_window.id, answer.user_id))) if isinstance(answer, Receipt) else answer
        for answer in (answers[position] for position in range(len(batch)))
    ]


def _write(statements: Statements, entries: Sequence[_Entry]) -> list[StandingChange]:
    if not entries:
        return []
    columns = {
        "user_ids": [entry.player.id for entry in entries],
        "scores": [entry.session.score for entry in entries],
        "outcomes": [entry.session.outcome for entry in entries],
        "timestamps": [entry.timestamp for entry in entries],
    }
    statements.run(
        "insert_sessions",
        ids=[entry.session_id for entry in entries],
        game_modes=[entry.session.game_mode for entry in entries],
        client_ids=[entry.session.client_id for entry in entries],
        **columns,
    )
    upserted = statements.run("upsert_standings", **columns).fetchall()
    return [StandingChange(*row) for row in upserted]


def _receipt(entry: _Entry, total_score: int) -> Receipt:
    return Receipt(
        session_id=entry.session_id,
        user_id=entry.player.id,
        username=entry.player.username,
        score=entry.session.score,
        game_mode=entry.session.game_mode,
        outcome=entry.session.outcome,
        timestamp=entry.timestamp,
        total_score=total_score,
        rank=None,
        banned=entry.player.banned,
        replayed=False,
    )


def _only_row(row: tuple[datetime, list[int]] | None) -> tuple[datetime, list[int]]:
    if row is None:
        raise AssertionError("the statement gives exactly one row")
    return row
