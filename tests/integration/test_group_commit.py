"""Group commit: strangers share a transaction, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from django.db import connection

from scores.errors import LedgerUnavailable, Refused
from scores.group_commit import Committer
from scores.ledger import Receipt, SubmittedSession
from scores.models import Client, GameSession, Player, Standing
from scores.pending import Pending
from tests.faults.inside import closed_gate
from tests.ledger import Heard, make_ranks, only_receipts, receipts_of, session


@pytest.fixture
def committer(committed: None) -> Iterator[Committer]:
    started = Committer()
    yield started
    assert started.drain(10)


def test_submits_that_wait_share_a_transaction(committer: Committer, arena: Client, alice: Player) -> None:
    make_ranks()
    with Heard() as heard:
        with closed_gate():
            pending = [committer.submit_many([session(arena, alice, 1)]) for _ in range(100)]
        receipts = receipts_of(*pending)

    assert len(heard) <= 3
    assert len({receipt.session_id for receipt in receipts}) == 100
    assert Standing.objects.get().total_score == 100


def test_each_caller_gets_its_own_answer(committer: Committer, arena: Client, alice: Player, bob: Player) -> None:
    with closed_gate():
        pending = committer.submit_many([session(arena, alice, 1), session(arena, "nobody"), session(arena, bob, 2)])
    good, unknown, other = pending.wait(10)

    assert isinstance(good, Receipt)
    assert isinstance(other, Receipt)
    assert (good.user_id, other.user_id) == (alice.id, bob.id)
    assert isinstance(unknown, Refused)
    assert "no player" in str(unknown)


def test_the_same_key_twice_in_one_batch_is_recorded_once(committer: Committer, arena: Client, alice: Player) -> None:
    once = session(arena, alice, 7, idempotency_key="k-1")

    with closed_gate():
        pending = committer.submit_many([once, once, once])
    receipts = receipts_of(pending)

    assert sorted(receipt.replayed for receipt in receipts) == [False, True, True]
    assert len({receipt.session_id for receipt in receipts}) == 1
    assert GameSession.objects.count() == 1


def test_a_retry_with_another_body_that_came_at_once_is_refused(
    committer: Committer, arena: Client, alice: Player
) -> None:
    with closed_gate():
        pending = committer.submit_many(
            [session(arena, alice, 7, idempotency_key="k-1"), session(arena, alice, 8, idempotency_key="k-1")]
        )
    first, other = pending.wait(10)

    assert isinstance(first, Receipt)
    assert first.total_score == 7
    assert isinstance(other, Refused)
    assert "different session" in str(other)


def test_those_behind_a_refused_session_are_recorded_in_their_turn(
    committer: Committer, arena: Client, alice: Player
) -> None:
    with closed_gate():
        pending = committer.submit_many(
            [
                session(arena, "nobody", idempotency_key="k-1"),
                session(arena, alice, 8, idempotency_key="k-1"),
                session(arena, alice, 8, idempotency_key="k-1"),
            ]
        )

    refused, *recorded = pending.wait(10)
    assert isinstance(refused, Refused)
    assert "no player" in str(refused)
    assert [receipt.replayed for receipt in only_receipts(recorded)] == [False, True]


def test_a_thousand_copies_of_one_session_are_one_transaction(
    committer: Committer, arena: Client, alice: Player
) -> None:
    with Heard() as heard:
        receipts = receipts_of(committer.submit_many([session(arena, alice, 1, idempotency_key="k-1")] * 1000))

    assert len(heard) == 1
    assert len({receipt.session_id for receipt in receipts}) == 1


def test_twenty_keys_fifty_times_at_once_are_twenty_sessions(
    committer: Committer, arena: Client, alice: Player
) -> None:
    gate_of_threads = threading.Barrier(50)
    receipts: list[Receipt] = []

    def post_all() -> None:
        gate_of_threads.wait(10)
        numbers = range(20)
        pending = [
            committer.submit_many([session(arena, alice, 1, idempotency_key=f"k-{number}")]) for number in numbers
        ]
        receipts.extend(receipts_of(*pending))

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
        taken: list[Pending] = []
        with pytest.raises(LedgerUnavailable, match="Too many"):
            submit_without_end(committer, session(arena, alice, 1), taken)
    assert committer.drain(10)

    assert GameSession.objects.count() == len(receipts_of(*taken)) == 2 * len(taken)


def submit_without_end(committer: Committer, one: SubmittedSession, taken: list[Pending]) -> None:
    while True:
        taken.append(committer.submit_many([one, one]))


def test_a_committer_that_drains_records_what_waits_and_takes_no_more(arena: Client, alice: Player) -> None:
    committer = Committer()
    with closed_gate():
        taken = [committer.submit_many([session(arena, alice, 1) for _ in range(10)])]
        drained: list[bool] = []
        drainer = threading.Thread(target=lambda: drained.append(committer.drain(10)))
        drainer.start()
        while True:
            try:
                taken.append(committer.submit_many([session(arena, alice, 1)]))
            except LedgerUnavailable:
                break
    drainer.join(10)

    assert drained == [True]
    assert GameSession.objects.count() == len(receipts_of(*taken)) >= 10


def test_a_session_nobody_waits_for_any_more_is_not_recorded(
    committer: Committer, arena: Client, alice: Player
) -> None:
    with closed_gate():
        committer.submit_many([session(arena, alice, 1)])  # keeps one thread busy at the gate
        committer.submit_many([session(arena, alice, 1)])  # and the other
        given_up = committer.submit_many([session(arena, alice, 1) for _ in range(20)])
        told = given_up.give_up()

    assert committer.drain(10)
    unknown = [outcome for outcome in told if isinstance(outcome, LedgerUnavailable) and outcome.outcome_unknown]
    assert GameSession.objects.count() == 2 + len(unknown)


def test_a_connection_that_died_meanwhile_is_replaced(committer: Committer, arena: Client, alice: Player) -> None:
    receipts_of(committer.submit_many([session(arena, alice, 1)]))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE usename = current_user AND pid <> pg_backend_pid()"
        )

    pending = [committer.submit_many([session(arena, alice, 1)]) for _ in range(4)]

    assert [receipt.score for receipt in receipts_of(*pending)] == [1] * 4
    assert Standing.objects.get().total_score == 5


def test_whoever_cannot_be_told_leaves_the_others_be(
    committer: Committer, arena: Client, alice: Player, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(pending: Pending) -> None:
        raise RuntimeError("Event loop is closed")

    with closed_gate():
        untold = committer.submit_many([session(arena, alice, 1)])
        untold.add_done_callback(fail)
        told = committer.submit_many([session(arena, alice, 1)])

    assert len(receipts_of(untold, told)) == 2
    assert committer.drain(10)
    assert "could not be told" in caplog.text


def test_what_is_known_already_is_told_at_once(committer: Committer, arena: Client, alice: Player) -> None:
    pending = committer.submit_many([session(arena, alice, 1)])
    receipts_of(pending)
    heard: list[Pending] = []

    pending.add_done_callback(heard.append)

    assert heard == [pending]
    assert pending.done()
    assert committer.submit_many([]).wait(0) == []
