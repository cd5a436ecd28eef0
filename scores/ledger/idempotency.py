"""Idempotency: the first session under a client's key is recorded, later ones get its receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scores.changes import StandingChange
from scores.errors import Refused
from scores.ledger.statements import Statements
from scores.ledger.values import Receipt, SubmittedSession


@dataclass(frozen=True, slots=True)
class Original:
    """What was recorded under a key before."""

    body_digest: bytes
    receipt: Receipt  # without rank
    standing: StandingChange  # the player's row on the global board as it is now

    def replay_for(self, session: SubmittedSession) -> Receipt:
        """The receipt that the retry gets.

        Raises:
            Refused: `idempotency_key_reused`, the key stood for another body.
        """
        refuse_another(self.body_digest, session)
        return self.receipt


def refuse_another(body_digest: bytes, session: SubmittedSession) -> None:
    """Refuse a session under a key that stands for another body.

    Raises:
        Refused: `idempotency_key_reused`.
    """
    if session.body_digest() != body_digest:
        raise Refused(
            "idempotency_key_reused",
            "This idempotency key was already used for a different session. Use a new key for each session.",
        )


def claim(
    statements: Statements,
    *,
    sessions: Sequence[SubmittedSession],
    session_ids: Sequence[int],
    global_window_id: int,
) -> dict[tuple[int, str], Original]:
    """Claim the keys of the sessions; give the originals of those that were taken before.

    Args:
        statements: the open transaction.
        sessions: any; those without a key are passed over. No key may occur twice.
        session_ids: the id that each of them will be recorded under.
        global_window_id: the window whose total the receipts carry.

    Raises:
        LookupError: a key is taken, but its session is not there. Somebody has put hands to the tables.
    """
    keyed = [(session, id_) for session, id_ in zip(sessions, session_ids, strict=True) if session.claim is not None]
    if not keyed:
        return {}
    won = set(
        statements.run(
            "claim_keys",
            client_ids=[session.client_id for session, _ in keyed],
            keys=[session.idempotency_key for session, _ in keyed],
            session_ids=[id_ for _, id_ in keyed],
            body_digests=[session.body_digest() for session, _ in keyed],
        ).fetchall()
    )
    taken = [session.claim for session, _ in keyed if session.claim is not None and session.claim not in won]
    originals = _originals(statements, taken, global_window_id) if taken else {}
    if lost := [claim for claim in taken if claim not in originals]:
        raise LookupError(f"keys without their sessions: {lost}")  # never record such a session a second time
    return originals


def _originals(
    statements: Statements, taken: Sequence[tuple[int, str]], global_window_id: int
) -> dict[tuple[int, str], Original]:
    rows = statements.run(
        "originals",
        client_ids=[client_id for client_id, _ in taken],
        keys=[key for _, key in taken],
        window_id=global_window_id,
    ).fetchall()
    originals = {}
    for client_id, key, digest, id_, user_id, username, score, game_mode, outcome, timestamp, status, *now in rows:
        total_score, sort_key, hidden, rev = now
        receipt = Receipt(
            session_id=id_,
            user_id=user_id,
            username=username,
            score=score,
            game_mode=game_mode,
            outcome=outcome,
            timestamp=timestamp,
            total_score=total_score,
            rank=None,
            status=status,
            replayed=True,
        )
        standing = StandingChange(global_window_id, user_id, total_score, sort_key, hidden, rev)
        originals[client_id, key] = Original(bytes(digest), receipt, standing)
    return originals
