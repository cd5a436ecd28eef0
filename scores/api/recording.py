"""Hands sessions to the group commit and waits for what becomes of them, a bounded time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Final

from django.db import connection

from scores import group_commit
from scores.errors import LedgerUnavailable, Refused
from scores.ledger import Receipt, SubmittedSession
from scores.ledger.settle import Settled

#: How long a session is waited for, in seconds: beyond every timeout that the ledger sets itself.
PATIENCE_S: Final = 10.0
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
    futures = group_commit.submit_many(sessions)
    deadline = time.monotonic() + PATIENCE_S
    return [_outcome(future, deadline) for future in futures]


def _outcome(future: Future[Receipt], deadline: float) -> Settled:
    try:
        return future.result(timeout=max(0.0, deadline - time.monotonic()))
    except (Refused, LedgerUnavailable) as error:
        return error
    except TimeoutError:
        return given_up(future)


def given_up(future: Future[Receipt]) -> LedgerUnavailable:
    """Wait no longer for a receipt, and give what can be said of its session."""
    if future.cancel():  # still in the queue: now it will never be recorded
        return LedgerUnavailable("The session waited too long to be recorded, and was not.")
    return LedgerUnavailable(
        "The database did not answer in time, so the session may or may not be recorded."
        " Send it again with the same idempotency key: it then counts once.",
        outcome_unknown=True,
    )
