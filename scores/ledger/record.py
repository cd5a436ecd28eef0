"""The ledger's transaction: a batch of submitted sessions, recorded by a fixed number of set statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scores import boards, suspicion
from scores.changes import Committed, NameChange, StandingChange
from scores.errors import Refused
from scores.ledger import idempotency, players, suspecting
from scores.ledger.announce import Announcement
from scores.ledger.statements import Statements, pipelined_transaction
from scores.ledger.values import Receipt, Status, SubmittedSession

Answer = Receipt | Refused


@dataclass(frozen=True, slots=True)
class _Entry:
    """A session that will be recorded."""

    position: int
    session: SubmittedSession
    player: players.ResolvedPlayer
    session_id: int
    timestamp: datetime
    held: bool = False

    @property
    def user_id(self) -> int:
        """Whose session it is."""
        return self.player.id

    @property
    def score(self) -> int:
        """Its points."""
        return self.session.score

    @property
    def status(self) -> Status:
        """What becomes of it."""
        if self.player.banned:
            return "banned"
        return "held" if self.held else "recorded"


def record(batch: Sequence[SubmittedSession]) -> list[Answer]:
    """Record the batch in one transaction; give each session its receipt or its refusal, in order.

    Everything is committed and announced when this returns. A refusal never fails its neighbour.

    Args:
        batch: sessions checked at the edge; no two may carry the same (client, idempotency key).

    Raises:
        CommitOutcomeUnknown: the connection was lost during the commit.
        RowLocked: somebody holds the row of one of the players; nothing was stored.
        django.db.DataError, django.db.IntegrityError: some session cannot be stored; nothing was.
        django.db.OperationalError: PostgreSQL is away, or a lock was not to be had in time; nothing was stored.
    """
    global_window = boards.window(boards.GLOBAL, boards.ALL_TIME)
    rules = suspicion.rules()
    announcement = Announcement()
    answers: dict[int, Answer] = {}
    with pipelined_transaction() as statements:
        entries, created = _admit(statements, batch, answers)
        fresh, known = _claim(statements, entries, global_window.id, answers)
        fresh = _hold_suspicious(statements, fresh, rules)
        changes = _write(statements, fresh)
        known += _standings_of_held(statements, fresh, global_window.id)
        announcement.after_commit(Committed((*changes, *known), created))

    totals = {(change.window_id, change.user_id): change.total_score for change in (*known, *changes)}
    for entry in fresh:
        # A session outside of the window (it has ended, say) is recorded, and counts elsewhere.
        answers[entry.position] = _receipt(entry, totals.get((global_window.id, entry.user_id), 0))
    ranks = announcement.projection.ranks
    return [
        replace(answer, rank=ranks.get((global_window.id, answer.user_id))) if isinstance(answer, Receipt) else answer
        for answer in (answers[position] for position in range(len(batch)))
    ]


def _admit(
    statements: Statements, batch: Sequence[SubmittedSession], answers: dict[int, Answer]
) -> tuple[list[_Entry], tuple[NameChange, ...]]:
    """Pass the gate and find whose the sessions are; refusals go to `answers`. Also the players that are new."""
    statements.pass_gate()
    drawn = statements.run("draw_ids", count=len(batch))
    resolved = players.resolve(statements, batch)
    now, session_ids = drawn.fetchall()[0]
    entries = []
    for position, session in enumerate(batch):
        try:
            player = resolved.player_of(session)
        except Refused as refusal:
            answers[position] = refusal
        else:
            entries.append(_Entry(position, session, player, session_ids[position], session.played_at or now))
    return entries, resolved.created


def _claim(
    statements: Statements, entries: Sequence[_Entry], global_window_id: int, answers: dict[int, Answer]
) -> tuple[list[_Entry], list[StandingChange]]:
    """Part the fresh sessions from retries, whose answers go to `answers`.

    Also the retries' standings, which travel on with the changes: old news to the ranks, but
    asking for the rank as it is now.
    """
    originals = idempotency.claim(
        statements,
        sessions=[entry.session for entry in entries],
        session_ids=[entry.session_id for entry in entries],
        global_window_id=global_window_id,
    )
    fresh = []
    for entry in entries:
        original = originals.get(entry.session.claim) if entry.session.claim else None
        if original is None:
            fresh.append(entry)
            continue
        try:
            answers[entry.position] = original.replay_for(entry.session)
        except Refused as refusal:
            answers[entry.position] = refusal
    written = {entry.player.id for entry in fresh}
    standings = {original.standing.user_id: original.standing for original in originals.values()}
    return fresh, [standing for user_id, standing in standings.items() if user_id not in written]


def _hold_suspicious(statements: Statements, entries: list[_Entry], rules: Sequence[suspicion.Rule]) -> list[_Entry]:
    """Put what breaks a rule into the moderators' queue; give the entries, of which some are held now."""
    found = suspecting.suspect(statements, entries, rules)
    if not found:
        return entries
    suspecting.write_down(statements, entries, found)
    return [
        replace(entry, held=any(finding.rule.hold for finding in found.get(entry.session_id, ()))) for entry in entries
    ]


def _write(statements: Statements, entries: Sequence[_Entry]) -> list[StandingChange]:
    if not entries:
        return []
    statements.run(
        "insert_sessions",
        ids=[entry.session_id for entry in entries],
        game_modes=[entry.session.game_mode for entry in entries],
        client_ids=[entry.session.client_id for entry in entries],
        held=[entry.held for entry in entries],
        **_columns(entries),
    )
    counting = [entry for entry in entries if not entry.held]
    upserted = statements.run("upsert_standings", **_columns(counting)).fetchall() if counting else []
    return [StandingChange(*row) for row in upserted]


def _columns(entries: Sequence[_Entry]) -> dict[str, list[object]]:
    return {
        "user_ids": [entry.user_id for entry in entries],
        "scores": [entry.score for entry in entries],
        "outcomes": [entry.session.outcome for entry in entries],
        "timestamps": [entry.timestamp for entry in entries],
    }


def _standings_of_held(
    statements: Statements, entries: Sequence[_Entry], global_window_id: int
) -> list[StandingChange]:
    """The standings of players who get a receipt for a session that does not count (yet): as they are."""
    counting = {entry.user_id for entry in entries if not entry.held}
    user_ids = {entry.user_id for entry in entries if entry.held} - counting
    if not user_ids:
        return []
    rows = statements.run("standings_of_players", window_id=global_window_id, user_ids=sorted(user_ids)).fetchall()
    return [StandingChange(*row) for row in rows]


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
        status=entry.status,
        replayed=False,
    )
