"""Group commit: strangers share a transaction, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from django.db import connection

from scores.errors import LedgerUnavailable, Refused
from scores.group_commit import Committer
from scores.ledger import Receipt, SubmittedSession
from scores.models import Client, GameSession, Player, Standing
from tests.faults import closed_gate
from tests.ledger import Heard, make_ranks, session


@pytest.fixture
def committer(committed: None) -> Iterator[Committer]:
    started = Committer()
    yield started
    assert started.drain(10)


def test_submits_that_wait_share_a_transaction(committer: Committer, arena: Client, alice: Player) -> None:
    make_ranks()
    with Heard() as heard:
        with closed_gate():
            futures = [committer.submit_many([session(arena, alice, 1)])[0] for _ in range(100)]
        receipts = [future.result(10) for future in futures]

    assert len(heard) <= 3
    assert len({receipt.session_id for receipt in receipts}) == 100
    assert Standing.objects.get().total_score == 100


def test_each_caller_gets_its_own_answer(committer: Committer, arena: Client, alice: Player, bob: Player) -> None:
    with closed_gate():
        good, unknown, other = committer.submit_many(
            [session(arena, alice, 1), session(arena, "nobody"), session(arena, bob, 2)]
        )

    assert good.result(10).user_id == alice.id
    assert other.result(10).user_id == bob.id
    with pytest.raises(Refused, match="no player"):
        unknown.result(10)


def test_the_same_key_twice_in_one_batch_is_recorded_once(committer: Committer, arena: Client, alice: Player) -> None:
    once = session(arena, alice, 7, idempotency_key="k-1")

    with closed_gate():
        futures = committer.submit_many([once, once, once])
    receipts = [future.result(10) for future in futures]

    assert sorted(receipt.replayed for receipt in receipts) == [False, True, True]
    assert len({receipt.session_id for receipt in receipts}) == 1
    assert GameSession.objects.count() == 1


def test_a_retry_with_another_body_that_came_at_once_is_refused(
    committer: Committer, arena: Client, alice: Player
) -> None:
    with closed_gate():
        first, other = committer.submit_many(
            [session(arena, alice, 7, idempotency_key="k-1"), session(arena, alice, 8, idempotency_key="k-1")]
        )

    assert first.result(10).total_score == 7
    with pytest.raises(Refused, match="different session"):
        other.result(10)


def test_those_behind_a_refused_session_are_recorded_in_their_turn(
    committer: Committer, arena: Client, alice: Player
) -> None:
    with closed_gate():
        refused, next_one, last = committer.submit_many(
            [
                session(arena, "nobody", idempotency_key="k-1"),
                session(arena, alice, 8, idempotency_key="k-1"),
                session(arena, alice, 8, idempotency_key="k-1"),
            ]
        )

    with pytest.raises(Refused, match="no player"):
        refused.result(10)
    assert not next_one.result(10).replayed
    assert last.result(10).replayed


def test_a_thousand_copies_of_one_session_are_one_transaction(
    committer: Committer, arena: Client, alice: Player
) -> None:
    with Heard() as heard:
        futures = committer.submit_many([session(arena, alice, 1, idempotency_key="k-1")] * 1000)
        receipts = [future.result(10) for future in futures]

    assert len(heard) == 1
    assert len({receipt.session_id for receipt in receipts}) == 1


def test_twenty_keys_fifty_times_at_once_are_twenty_sessions(
    committer: Committer, arena: Client, alice: Player
) -> None:
    gate_of_threads = threading.Barrier(50)
    receipts: list[Receipt] = []

    def post_all() -> None:
        gate_of_threads.wait(10)
        futures = [
            committer.submit_many([session(arena, alice, 1, idempotency_key=f"k-{number}")])[0] for number in range(20)
        ]
        receipts.extend(future.result(30) for future in futures)

    threads = [threading.Thread(target=post_all) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(receipts) == 1000
    assert GameSession.objects.count() == 20
    assert len({(receipt.session_id, receipt.timestamp) for receipt in receipts}) == 20
    assert sum(not receipt.replayed for receipt in receipts) == 20


def test_a_full_queue_says_so_and_takes_nothing(arena: Client, alice: Player) -> None:
    committer = Committer(capacity=3)
    with closed_gate():
        taken: list[Future[Receipt]] = []
        with pytest.raises(LedgerUnavailable, match="Too many"):
            submit_without_end(committer, session(arena, alice, 1), taken)
    assert committer.drain(10)

    assert [future.result(0).score for future in taken] == [1] * len(taken)
    assert GameSession.objects.count() == len(taken)


def submit_without_end(committer: Committer, one: SubmittedSession, taken: list[Future[Receipt]]) -> None:
    while True:
        taken += committer.submit_many([one, one])


def test_a_committer_that_drains_records_what_waits_and_takes_no_more(arena: Client, alice: Player) -> None:
    committer = Committer()
    with closed_gate():
        futures = committer.submit_many([session(arena, alice, 1) for _ in range(10)])
        drained: list[bool] = []
        drainer = threading.Thread(target=lambda: drained.append(committer.drain(10)))
        drainer.start()
        while True:
            try:
                futures += committer.submit_many([session(arena, alice, 1)])
            except LedgerUnavailable:
                break
    drainer.join(10)

    assert drained == [True]
    assert GameSession.objects.count() == len(futures)


def test_a_session_nobody_waits_for_any_more_is_not_recorded(
    committer: Committer, arena: Client, alice: Player
) -> None:
    with closed_gate():
        committer.submit_many([session(arena, alice, 1)])  # keeps one thread busy at the gate
        committer.submit_many([session(arena, alice, 1)])  # and the other
        given_up = committer.submit_many([session(arena, alice, 1) for _ in range(20)])
        cancelled = [future.cancel() for future in given_up]

    assert committer.drain(10)
    assert GameSession.objects.count() == 22 - sum(cancelled)


def test_a_connection_that_died_meanwhile_is_replaced(committer: Committer, arena: Client, alice: Player) -> None:
    committer.submit_many([session(arena, alice, 1)])[0].result(10)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = current_user AND pid <> pg_backend_pid()"
        )

    futures = [committer.submit_many([session(arena, alice, 1)])[0] for _ in range(4)]

    assert [future.result(10).score for future in futures] == [1] * 4
    assert Standing.objects.get().total_score == 5
