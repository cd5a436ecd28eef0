"""Hands sessions to the group commit and waits for what becomes of them, a bounded time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import connection

from scores import group_commit
from scores.ledger import Receipt, SubmittedSession
from scores.ledger.settle import Settled

#: How long a session is waited for, in seconds: beyond every timeout that the ledger sets itself, and short enough
#: for an answer within three seconds.
PATIENCE_S: Final = 2.7
#: What those are told who were waiting for the answer when the process ended, and those for whom there is no room.
GOING_DOWN: Final = (
    "The server is shutting down and did not finish this request. A session may or may not be recorded:"
    " send it again with the same idempotency key, and it counts once."
)
TOO_MANY: Final = "Too many requests are waiting. Nothing was done; try again in a moment."


def record_one(session: SubmittedSession) -> Receipt:
    """The receipt of a session that is recorded, committed and ranked.

    Raises:
        Refused: this session cannot be recorded.
        LedgerUnavailable: not now, or its outcome is unknown.
    """
    [outcome] = record_all([session])
    if not isinstance(outcome, Receipt):
        raise outcome
    return outcome


def record_all(sessions: Sequence[SubmittedSession]) -> list[Settled]:
    """What became of each session, in order.

    Raises:
        LedgerUnavailable: there is no room for them; none was recorded.
    """
    # The connection that read the API key goes back first. The committer takes its own from the same pool:
    # with all of them in the hands of requests that wait for it, nothing would ever be recorded.
    connection.close()
    return group_commit.submit_many(sessions).wait(PATIENCE_S)
