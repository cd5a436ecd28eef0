"""Group commit: what arrives while one transaction is on its way goes together with the next.

A few plain threads, each with its own Django connection, take whatever waits and record it as one
batch. Nobody waits for a timer: a lone session goes at once, a crowd shares one transaction, one
fsync and one script call.
"""

from __future__ import annotations

import atexit
import threading
from collections import deque
from collections.abc import Sequence

import structlog
from django.db import connection
from msgspec.structs import replace

from scores import failpoints
from scores.errors import LedgerUnavailable, Refused
from scores.ledger import Receipt, SubmittedSession
from scores.ledger.idempotency import refuse_another
from scores.ledger.settle import Settled, settle
from scores.pending import Item, Pending

_THREADS = 2  # while one waits for the disk, the other gathers and prepares
_MAX_BATCH = 500  # sessions; larger ones only make each caller wait longer
_CAPACITY = 10_000  # waiting sessions; about a second of work, beyond which saying no is kinder

log = structlog.get_logger(__name__)


class Committer:
    """A bounded queue of sessions and the threads that record them."""

    def __init__(self, *, threads: int = _THREADS, max_batch: int = _MAX_BATCH, capacity: int = _CAPACITY) -> None:
        self._max_batch = max_batch
        self._capacity = capacity
        self._queue: deque[Item] = deque()
        self._changed = threading.Condition()
        self._recording = 0  # batches under way
        # Keys that are being recorded, each with the sessions that came under it since: they are
        # retries of the first, and must not overtake it in another thread.
        self._claimed: dict[tuple[int, str], deque[Item]] = {}
        self._parked = 0
        self._draining = False
        self._threads = [
            threading.Thread(target=self._run, name=f"committer-{number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit_many(self, sessions: Sequence[SubmittedSession]) -> Pending:
        """Queue sessions, all or none; they may be recorded in different transactions.

        Raises:
            LedgerUnavailable: the queue is full, or the server is going down.
        """
        pending = Pending(sessions, self._changed)
        with self._changed:
            if self._draining:
                raise LedgerUnavailable("The server is shutting down. Send the session again in a moment.")
            if len(self._queue) + self._parked + len(sessions) > self._capacity:
                raise LedgerUnavailable("Too many sessions are waiting to be recorded. Send it again in a moment.")
            self._queue.extend(pending.items)
            self._changed.notify(len(sessions))
        return pending

    def drain(self, timeout_s: float) -> bool:
        """Take no more sessions, record those that wait, and end the threads. False: not all in time."""
        with self._changed:
            self._draining = True
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: not self._queue and not self._recording, timeout_s)
        if done:
            for thread in self._threads:
                thread.join(timeout_s)
        return done

    def _run(self) -> None:
        try:
            while batch := self._gather():
                self._record(batch)
        finally:
            connection.close()

    def _gather(self) -> list[Item]:
        """Wait for sessions and take them, oldest first; nothing where the committer drains and is done."""
        with self._changed:
            batch: list[Item] = []
            while not batch:
                self._changed.wait_for(lambda: self._queue or self._draining)
                if not self._queue:
                    return []
                batch = self._take()
            self._recording += 1
            return batch

    def _take(self) -> list[Item]:
        batch: list[Item] = []
        while self._queue and len(batch) < self._max_batch:
            item = self._queue.popleft()
            if item.pending.given_up:
                continue  # nobody waits for it any more, and nothing was promised
            claim = item.session.claim
            if claim is not None:
                if claim in self._claimed:
                    self._claimed[claim].append(item)
                    self._parked += 1
                    continue
                self._claimed[claim] = deque()
            item.taken = True
            batch.append(item)
        return batch

    def _record(self, batch: Sequence[Item]) -> None:
        outcomes = _outcomes([item.session for item in batch])
        known: list[Pending] = []
        with self._changed:
            for item, outcome in zip(batch, outcomes, strict=True):
                for settled, its_outcome in ((item, outcome), *self._release(item, outcome)):
                    if settled.pending.settle(settled.place, its_outcome):
                        known.append(settled.pending)
            self._recording -= 1
            if self._draining:
                self._changed.notify_all()
        for pending in known:
            pending.tell()

    def _release(self, first: Item, outcome: Settled) -> list[tuple[Item, Settled]]:
        """Let go of the session's key; give the answers to those that came under it meanwhile, who need no transaction.

        Where the first got no receipt, nothing stands under the key, and those behind it are recorded in their turn.
        """
        if first.session.claim is None:
            return []
        parked = self._claimed.pop(first.session.claim)
        self._parked -= len(parked)
        if isinstance(outcome, Receipt):
            return [(item, _replay(item.session, first.session, outcome)) for item in parked]
        self._queue.extendleft(reversed(parked))
        self._changed.notify(len(parked))
        return []


def _replay(session: SubmittedSession, first: SubmittedSession, receipt: Receipt) -> Settled:
    try:
        refuse_another(first.body_digest(), session)
    except Refused as refusal:
        return refusal
    return replace(receipt, replayed=True)


def _outcomes(batch: Sequence[SubmittedSession]) -> Sequence[Settled]:
    try:
        outcomes = settle(batch)
        failpoints.reach("before_answer")
    except Exception:  # the edge of a thread: a defect must not leave callers waiting for ever
        log.exception("a batch failed for an unforeseen reason", sessions=len(batch))
        return [LedgerUnavailable("The session could not be recorded.", outcome_unknown=True)] * len(batch)
    return outcomes


class _Process:
    """The one committer of this process, started at its first use."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._committer: Committer | None = None

    def committer(self) -> Committer:
        # Not functools.cache: it lets many first callers in at once, and each would start its own threads.
        with self._starting:
            if self._committer is None:
                self._committer = Committer()
                atexit.register(self.drain, 5.0)  # a command that submits and ends loses nothing
            return self._committer

    def drain(self, timeout_s: float) -> bool:
        with self._starting:
            return self._committer is None or self._committer.drain(timeout_s)


_process = _Process()


def submit_many(sessions: Sequence[SubmittedSession]) -> Pending:
    """Queue sessions with the process's committer; see `Committer.submit_many`."""
    return _process.committer().submit_many(sessions)


def drain(timeout_s: float) -> bool:
    """Record what waits and stop taking more. False: not all was recorded in time."""
    return _process.drain(timeout_s)
