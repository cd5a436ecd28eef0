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
from concurrent.futures import Future
from dataclasses import dataclass, field

import structlog
from django.db import connection
from msgspec.structs import replace

from scores.errors import LedgerUnavailable, Refused
from scores.ledger import Receipt, SubmittedSession
from scores.ledger.idempotency import refuse_another
from scores.ledger.settle import Settled, settle

_THREADS = 2  # while one waits for the disk, the other gathers and prepares
_MAX_BATCH = 500  # sessions; larger ones only make each caller wait longer
_CAPACITY = 10_000  # waiting sessions; about a second of work, beyond which saying no is kinder

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Waiting:
    session: SubmittedSession
    receipt: Future[Receipt] = field(default_factory=Future)


class Committer:
    """A bounded queue of sessions and the threads that record them."""

    def __init__(self, *, threads: int = _THREADS, max_batch: int = _MAX_BATCH, capacity: int = _CAPACITY) -> None:
        self._max_batch = max_batch
        self._capacity = capacity
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._recording = 0  # batches under way
        # Keys that are being recorded, each with the sessions that came under it since: they are
        # retries of the first, and must not overtake it in another thread.
        self._claimed: dict[tuple[int, str], deque[_Waiting]] = {}
        self._parked = 0
        self._draining = False
        self._threads = [
            threading.Thread(target=self._run, name=f"committer-{number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit_many(self, sessions: Sequence[SubmittedSession]) -> list[Future[Receipt]]:
        """Queue sessions, all or none; each one's future gets its receipt, or raises its own error.

        The futures raise `Refused`, or `LedgerUnavailable` where PostgreSQL could not take them.
        Sessions of one call may be recorded in different transactions.

        Raises:
            LedgerUnavailable: the queue is full, or the server is going down.
        """
        waiting = [_Waiting(session) for session in sessions]
        with self._changed:
            if self._draining:
                raise LedgerUnavailable("The server is shutting down. Send the session again in a moment.")
            if len(self._queue) + self._parked + len(waiting) > self._capacity:
                raise LedgerUnavailable("Too many sessions are waiting to be recorded. Send it again in a moment.")
            self._queue.extend(waiting)
            self._changed.notify(len(waiting))
        return [item.receipt for item in waiting]

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

    def _gather(self) -> list[_Waiting]:
        """Wait for sessions and take them, oldest first; nothing where the committer drains and is done."""
        with self._changed:
            batch: list[_Waiting] = []
            while not batch:
                self._changed.wait_for(lambda: self._queue or self._draining)
                if not self._queue:
                    return []
                batch = self._take()
            self._recording += 1
            return batch

    def _take(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        while self._queue and len(batch) < self._max_batch:
            item = self._queue.popleft()
            claim = item.session.claim
            if claim is not None and claim in self._claimed:
                self._claimed[claim].append(item)
                self._parked += 1
                continue
            if not item.receipt.set_running_or_notify_cancel():
                continue  # nobody waits for it any more, and nothing was promised
            if claim is not None:
                self._claimed[claim] = deque()
            batch.append(item)
        return batch

    def _release(self, batch: Sequence[_Waiting]) -> list[tuple[_Waiting, _Waiting]]:
        """Let go of the batch's keys; give the sessions that waited for one, each with the one it waited for.

        Where the first got no receipt, nothing stands under the key, and those behind it are recorded in their turn.
        """
        waited = []
        for item in batch:
            if item.session.claim is None:
                continue
            parked = self._claimed.pop(item.session.claim)
            self._parked -= len(parked)
            if item.receipt.exception() is None:
                waited += [(twin, item) for twin in parked]
            else:
                self._queue.extendleft(reversed(parked))
        return waited

    def _record(self, batch: Sequence[_Waiting]) -> None:
        for item, answer in zip(batch, _answers([item.session for item in batch]), strict=True):
            if isinstance(answer, Receipt):
                item.receipt.set_result(answer)
            else:
                item.receipt.set_exception(answer)
        with self._changed:
            waited = self._release(batch)
        for item, first in waited:
            _replay(item, first)
        with self._changed:
            self._recording -= 1
            self._changed.notify_all()


def _replay(item: _Waiting, first: _Waiting) -> None:
    """Answer a retry that came while its first try was being recorded, with no transaction of its own."""
    if not item.receipt.set_running_or_notify_cancel():
        return
    try:
        refuse_another(first.session.body_digest(), item.session)
    except Refused as refusal:
        item.receipt.set_exception(refusal)
    else:
        item.receipt.set_result(replace(first.receipt.result(), replayed=True))


def _answers(batch: Sequence[SubmittedSession]) -> Sequence[Settled]:
    try:
        return settle(batch)
    except Exception:  # the edge of a thread: a defect must not leave callers waiting for ever
        log.exception("a batch failed for an unforeseen reason", sessions=len(batch))
        return [LedgerUnavailable("The session could not be recorded.", outcome_unknown=True)] * len(batch)


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


def submit(session: SubmittedSession) -> Future[Receipt]:
    """Queue one session with the process's committer; see `Committer.submit_many`."""
    return _process.committer().submit_many([session])[0]


def submit_many(sessions: Sequence[SubmittedSession]) -> list[Future[Receipt]]:
    """Queue sessions with the process's committer; see `Committer.submit_many`."""
    return _process.committer().submit_many(sessions)


def drain(timeout_s: float) -> bool:
    """Record what waits and stop taking more. False: not all was recorded in time."""
    return _process.drain(timeout_s)
