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


class Claims:
    """The keys of sessions, claimed for them. Making it sends the claim; what is asked of it waits for the answer."""

    def __init__(self, statements: Statements, sessions: Sequence[SubmittedSession]) -> None:
        """Claim the keys of those sessions that carry one and whose player exists. No key may occur twice."""
        keyed = [session for session in sessions if session.idempotency_key is not None]
        self._won: dict[tuple[int, str], int] | None = None if keyed else {}
        self._claimed = keyed and statements.run(
            "claim_keys",
            client_ids=[session.client_id for session in keyed],
            keys=[session.idempotency_key for session in keyed],
            body_digests=[session.body_digest() for session in keyed],
            user_ids=[session.user_id for session in keyed],
            usernames=[session.username for session in keyed],
        )

    @property
    def won(self) -> dict[tuple[int, str], int]:
        """The ids of the sessions that the claims stand for which were won; all others were taken before."""
        if self._won is None:
            assert self._claimed
            self._won = {(client_id, key): session_id for client_id, key, session_id in self._claimed.rows()}
        return self._won


def originals(
    statements: Statements, taken: Sequence[tuple[int, str]], *, global_window_id: int
) -> dict[tuple[int, str], Original]:
    """What stands under keys that were taken before.

    Args:
        statements: the open transaction.
        taken: (client, key) each.
        global_window_id: the window whose total the receipts carry.

    Raises:
        LookupError: a key is taken, but its session is not there. Somebody has put hands to the tables.
    """
    found = _read(statements, taken, global_window_id) if taken else {}
    if lost := [claim for claim in taken if claim not in found]:
        raise LookupError(f"keys without their sessions: {lost}")  # never record such a session a second time
    return found


def _read(
    statements: Statements, taken: Sequence[tuple[int, str]], global_window_id: int
) -> dict[tuple[int, str], Original]:
    rows = statements.run(
        "originals",
        client_ids=[client_id for client_id, _ in taken],
        keys=[key for _, key in taken],
        window_id=global_window_id,
    ).rows()
    found = {}
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
        found[client_id, key] = Original(bytes(digest), receipt, standing)
    return found
