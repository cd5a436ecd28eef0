"""The ledger's transaction: a batch of submitted sessions, recorded by a fixed number of set statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from scores import boards, suspicion
from scores.changes import Committed, NameChange, StandingChange
from scores.errors import Refused
from scores.ledger import idempotency, suspecting
from scores.ledger.announce import Announcement
from scores.ledger.idempotency import Claims
from scores.ledger.pipeline import Reply
from scores.ledger.players import Players, ResolvedPlayer
from scores.ledger.statements import Statements, pipelined_transaction
from scores.ledger.values import Receipt, Status, SubmittedSession

Answer = Receipt | Refused


class _Entry(msgspec.Struct, frozen=True, gc=False):
    """A session that will be recorded."""

    position: int
    session: SubmittedSession
    player: ResolvedPlayer
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
    with pipelined_transaction() as statements:
        admitted = _admit(statements, batch, global_window.id)
        fresh = _hold_suspicious(statements, admitted.fresh, rules)
        changing = _write(statements, fresh)
        held = _ask_standings_of_held(statements, fresh, global_window.id)
        statements.commit()
        changes = _standings(changing)
        known = [*admitted.known, *_standings(held)]
        announcement.after_commit(Committed((*changes, *known), admitted.created))

    totals = {(change.window_id, change.user_id): change.total_score for change in (*known, *changes)}
    ranks = announcement.projection.ranks
    answers = dict(admitted.answers)
    for position, replayed in answers.items():
        if isinstance(replayed, Receipt):
            answers[position] = replace(replayed, rank=ranks.get((global_window.id, replayed.user_id)))
    for entry in fresh:
        place = (global_window.id, entry.user_id)
        # A session outside of the window (it has ended, say) is recorded, and counts elsewhere.
        answers[entry.position] = _receipt(entry, totals.get(place, 0), ranks.get(place))
    return [answers[position] for position in range(len(batch))]


@dataclass(frozen=True, slots=True)
class _Admitted:
    """What a batch comes to before anything is recorded.

    `known` are the standings of replayed sessions' players, which travel on with the changes: old
    news to the ranks, but asking for the rank as it is now.
    """

    fresh: list[_Entry]
    answers: dict[int, Answer]
    known: list[StandingChange]
    created: tuple[NameChange, ...]


def _admit(statements: Statements, batch: Sequence[SubmittedSession], global_window_id: int) -> _Admitted:
    """Pass the gate, find whose the sessions are, and part the fresh ones from retries. Mostly one round trip."""
    statements.pass_gate()
    drawn = statements.run("draw_ids", count=sum(session.claim is None for session in batch))
    players = Players(statements, batch)
    claims = Claims(statements, batch)
    players.resolve()
    now, session_ids, _ = drawn.rows()[0]

    answers: dict[int, Answer] = {}
    theirs: dict[int, ResolvedPlayer] = {}
    for position, session in enumerate(batch):
        try:
            theirs[position] = players.player_of(session)
        except Refused as refusal:
            answers[position] = refusal
    # The claims of players who were not there yet were passed over; now they are there.
    late = Claims(statements, [batch[position] for position, player in theirs.items() if player.id in players.new])
    ids = {**claims.won, **late.won}
    taken = [claim for position in theirs if (claim := batch[position].claim) is not None and claim not in ids]
    originals = idempotency.originals(statements, taken, global_window_id=global_window_id)

    unkeyed = iter(session_ids)
    fresh = []
    for position, player in theirs.items():
        session = batch[position]
        if session.claim is None or session.claim in ids:
            session_id = next(unkeyed) if session.claim is None else ids[session.claim]
            fresh.append(_Entry(position, session, player, session_id, session.played_at or now))
        else:
            answers[position] = _replay(originals[session.claim], session)
    written = {entry.user_id for entry in fresh}
    standings = {original.standing.user_id: original.standing for original in originals.values()}
    known = [standing for user_id, standing in standings.items() if user_id not in written]
    return _Admitted(fresh, answers, known, players.created)


def _replay(original: idempotency.Original, session: SubmittedSession) -> Answer:
    try:
        return original.replay_for(session)
    except Refused as refusal:
        return refusal


def _hold_suspicious(statements: Statements, entries: list[_Entry], rules: Sequence[suspicion.Rule]) -> list[_Entry]:
    """Put what breaks a rule into the moderators' queue; give the entries, of which some are held now."""
    found = suspecting.suspect(statements, entries, rules)
    if not found:
        return entries
    suspecting.write_down(statements, entries, found)
    return [
        replace(entry, held=any(finding.rule.hold for finding in found.get(entry.session_id, ()))) for entry in entries
    ]


def _write(statements: Statements, entries: Sequence[_Entry]) -> Reply | None:
    """Send what records the entries; the standings that it changes are the answer."""
    if not entries:
        return None
    statements.run(
        "insert_sessions",
        ids=[entry.session_id for entry in entries],
        game_modes=[entry.session.game_mode for entry in entries],
        client_ids=[entry.session.client_id for entry in entries],
        held=[entry.held for entry in entries],
        **_columns(entries),
    )
    counting = [entry for entry in entries if not entry.held]
    if not counting:
        return None
    return statements.run("upsert_standings", hidden=[entry.player.banned for entry in counting], **_columns(counting))


def _columns(entries: Sequence[_Entry]) -> dict[str, list[Any]]:
    return {
        "user_ids": [entry.user_id for entry in entries],
        "scores": [entry.score for entry in entries],
        "outcomes": [entry.session.outcome for entry in entries],
        "timestamps": [entry.timestamp for entry in entries],
    }


def _ask_standings_of_held(statements: Statements, entries: Sequence[_Entry], global_window_id: int) -> Reply | None:
    """Ask for the standings of players who get a receipt for a session that does not count (yet): as they are."""
    counting = {entry.user_id for entry in entries if not entry.held}
    user_ids = {entry.user_id for entry in entries if entry.held} - counting
    if not user_ids:
        return None
    return statements.run("standings_of_players", window_id=global_window_id, user_ids=sorted(user_ids))


def _standings(asked: Reply | None) -> list[StandingChange]:
    return [] if asked is None else [StandingChange(*row) for row in asked.rows()]


def _receipt(entry: _Entry, total_score: int, rank: int | None) -> Receipt:
    return Receipt(
        session_id=entry.session_id,
        user_id=entry.player.id,
        username=entry.player.username,
        score=entry.session.score,
        game_mode=entry.session.game_mode,
        outcome=entry.session.outcome,
        timestamp=entry.timestamp,
        total_score=total_score,
        rank=rank,
        status=entry.status,
        replayed=False,
    )
