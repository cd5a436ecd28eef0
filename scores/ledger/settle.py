"""Brings a batch to an end whatever happens: retries what may be retried, isolates the bad, names the rest."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
import structlog
from django.db import DataError, Error, IntegrityError, InterfaceError, OperationalError, connection
from psycopg_pool import PoolTimeout

from scores.errors import LedgerUnavailable, NoAnswer, Refused
from scores.ledger.record import Answer, record
from scores.ledger.statements import CommitOutcomeUnknown, RowLocked
from scores.ledger.values import MAXIMUM, SubmittedSession

_ATTEMPTS = 3
#: deadlock, serialization failure; shut down, crashed, or not yet up again
_PASSING = frozenset({"40P01", "40001", "57P01", "57P02", "57P03"})

log = structlog.get_logger(__name__)

Settled = Answer | LedgerUnavailable


def settle(batch: Sequence[SubmittedSession]) -> list[Settled]:
    """Record the batch; give each session its receipt, its refusal, or why it could not be recorded now.

    A deadlock, or a connection that was lost before the commit was sent, is tried again (nothing
    was recorded). A session that PostgreSQL cannot store, or whose player's row somebody holds, is
    found by halving the batch, and answered alone.
    """
    try:
        return list(_record_with_retries(batch))
    except (DataError, IntegrityError, RowLocked) as error:
        if len(batch) > 1:
            middle = len(batch) // 2
            return settle(batch[:middle]) + settle(batch[middle:])
        if isinstance(error, RowLocked):
            return [LedgerUnavailable("The player is being changed elsewhere. Send the session again in a moment.")]
        return [_refusal(batch[0], error)]
    except CommitOutcomeUnknown as error:
        log.warning("the connection was lost during a commit", sessions=len(batch), error=str(error.__cause__))
        return [
            LedgerUnavailable(
                "The connection to the database was lost while the session was being committed, so it may or may not"
                " be recorded. Send it again with the same idempotency key: it then counts once.",
                outcome_unknown=True,
            )
        ] * len(batch)
    except Error as error:
        log.warning("a batch could not be recorded", sessions=len(batch), error=str(error).strip())
        return [LedgerUnavailable("The database does not answer. Send the session again in a moment.")] * len(batch)


def _record_with_retries(batch: Sequence[SubmittedSession]) -> list[Answer]:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return record(batch)
        except (OperationalError, InterfaceError) as error:
            connection.close()  # a broken connection goes, and the next attempt takes a fresh one
            if attempt == _ATTEMPTS or not _may_be_tried_again(error):
                raise
    raise AssertionError("the last attempt returns or raises")


def _may_be_tried_again(error: Error) -> bool:
    """Whether trying at once makes sense: a deadlock, or a pooled connection that died with its server."""
    cause = error.__cause__
    if not isinstance(cause, psycopg.Error) or isinstance(cause, PoolTimeout | NoAnswer):
        return False  # it was waited for long enough already
    return cause.sqlstate is None or cause.sqlstate in _PASSING or cause.sqlstate.startswith("08")


def _refusal(session: SubmittedSession, error: DataError | IntegrityError) -> Refused:
    cause = error.__cause__
    constraint = cause.diag.constraint_name if isinstance(cause, psycopg.Error) else None
    if constraint == "leaderboard_total_score_range":
        # Not foreseen while resolving: a retry whose first try was recorded must be replayed, not refused.
        return Refused("total_out_of_range", f"With this session the player's total would pass {MAXIMUM} (2^53 - 1).")
    log.warning("PostgreSQL refused a session", error=str(error).strip())
    return Refused("unstorable", "The database refused this session: a value is outside of what it can hold.")
