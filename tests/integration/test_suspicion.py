"""Suspicious sessions: found while they are recorded, held or let pass, decided about once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from scores import boards, ledger, suspicion
from scores.models import AuditEntry, Board, Client, GameSession, Player, Suspicion, SuspicionRule
from scores.ranking import reads
from tests.ledger import make_ranks, recorded, session

Kind = SuspicionRule.Kind
Verdict = Suspicion.Verdict
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _ranks(committed: None) -> None:
    make_ranks()


def rule(kind: Kind, threshold: int, *, hold: bool) -> None:
    """A rule of the board `global`, known at once."""
    action = SuspicionRule.Action.HOLD if hold else SuspicionRule.Action.PASS
    board = Board.objects.get(slug=boards.GLOBAL)
    SuspicionRule.objects.create(board=board, kind=kind, threshold=threshold, action=action)
    suspicion.forget()


def shown() -> list[tuple[str, int]]:
    return [(row.username, row.total_score) for row in reads.top(boards.GLOBAL).rows]


def found() -> list[tuple[str, int, int, bool]]:
    return [(one.kind, one.threshold, one.observed, one.held) for one in Suspicion.objects.order_by("id")]


def test_without_rules_nothing_is_suspicious(arena: Client, alice: Player) -> None:
    (receipt,) = recorded(session(arena, alice, 10**9))

    assert receipt.status == "recorded"
    assert found() == []


def test_a_score_above_the_limit_is_held_until_somebody_lets_it_pass(arena: Client, alice: Player) -> None:
    rule(Kind.SCORE, 100, hold=True)

    fine, held = recorded(session(arena, alice, 100), session(arena, alice, 101))

    assert (fine.status, fine.total_score, fine.rank) == ("recorded", 100, 1)
    assert (held.status, held.total_score, held.rank) == ("held", 100, 1)
    assert shown() == [("alice", 100)]
    assert found() == [("score", 100, 101, True)]

    suspicious = Suspicion.objects.get()
    assert ledger.decide(suspicion_ids=[suspicious.id], verdict=Verdict.PASSED, by=None, reason="Seen it.") == 1
    assert shown() == [("alice", 201)]
    assert Suspicion.objects.get().verdict == Verdict.PASSED
    assert AuditEntry.objects.get().before == {"held": True}


def test_the_first_session_of_a_player_may_be_held_too(arena: Client, alice: Player) -> None:
    rule(Kind.SCORE, 100, hold=True)

    (held,) = recorded(session(arena, alice, 500))

    assert (held.status, held.total_score, held.rank) == ("held", 0, None)
    assert shown() == []
    suspicious = Suspicion.objects.get()
    ledger.decide(suspicion_ids=[suspicious.id], verdict=Verdict.PASSED, by=None, reason="Seen it.")
    assert shown() == [("alice", 500)]


def test_a_rejected_session_is_void(arena: Client, alice: Player) -> None:
    rule(Kind.SCORE, 100, hold=True)
    (held,) = recorded(session(arena, alice, 500))

    ledger.decide(suspicion_ids=[Suspicion.objects.get().id], verdict=Verdict.REJECTED, by=None, reason="No.")

    stored = GameSession.objects.get(pk=held.session_id)
    assert (stored.held_at, stored.voided_at is None) == (None, False)
    assert shown() == []
    ledger.unvoid_sessions(session_ids=[held.session_id], by=None, reason="After all.")
    assert shown() == [("alice", 500)]


def test_a_rule_that_lets_pass_only_fills_the_queue(arena: Client, alice: Player) -> None:
    rule(Kind.SCORE, 100, hold=False)

    (receipt,) = recorded(session(arena, alice, 500))

    assert (receipt.status, receipt.total_score) == ("recorded", 500)
    assert found() == [("score", 100, 500, False)]
    ledger.decide(suspicion_ids=[Suspicion.objects.get().id], verdict=Verdict.REJECTED, by=None, reason="No.")
    assert shown() == [("alice", 0)]


def test_many_sessions_within_a_minute_are_suspicious(arena: Client, alice: Player, bob: Player) -> None:
    rule(Kind.SESSIONS_PER_MINUTE, 3, hold=True)
    at = [NOON + timedelta(seconds=seconds) for seconds in (0, 10, 20, 30, 65, 71)]

    recorded(session(arena, alice, 1, played_at=at[0]), session(arena, alice, 1, played_at=at[1]))
    receipts = recorded(
        session(arena, alice, 1, played_at=at[2]),
        session(arena, bob, 1, played_at=at[2]),
        session(arena, alice, 1, played_at=at[3]),  # the fourth within a minute
        session(arena, alice, 1, played_at=at[4]),  # the fourth within its own: the first is out of it
        session(arena, alice, 1, played_at=at[5] + timedelta(minutes=1)),
    )

    assert [receipt.status for receipt in receipts] == ["recorded", "recorded", "held", "held", "recorded"]
    assert [observed for _, _, observed, _ in found()] == [4, 4]


def test_points_within_a_minute_are_suspicious_and_held_ones_are_no_gain(arena: Client, alice: Player) -> None:
    rule(Kind.GAIN_PER_MINUTE, 100, hold=True)

    recorded(session(arena, alice, 60, played_at=NOON))
    (held,) = recorded(session(arena, alice, 50, played_at=NOON + timedelta(seconds=5)))
    (fine,) = recorded(session(arena, alice, 40, played_at=NOON + timedelta(seconds=10)))

    assert (held.status, fine.status) == ("held", "recorded")
    assert found() == [("gain_per_minute", 100, 110, True)]


def test_a_session_is_decided_about_as_a_whole_and_once(arena: Client, alice: Player) -> None:
    rule(Kind.SCORE, 100, hold=True)
    rule(Kind.GAIN_PER_MINUTE, 100, hold=False)
    recorded(session(arena, alice, 500))
    first, second = Suspicion.objects.order_by("id")

    assert ledger.decide(suspicion_ids=[first.id], verdict=Verdict.PASSED, by=None, reason="Seen it.") == 1
    assert ledger.decide(suspicion_ids=[second.id], verdict=Verdict.REJECTED, by=None, reason="No.") == 0

    assert shown() == [("alice", 500)]
    assert set(Suspicion.objects.values_list("verdict", flat=True)) == {Verdict.PASSED}


def test_a_retry_tells_what_became_of_a_held_session(arena: Client, alice: Player) -> None:
    rule(Kind.SCORE, 100, hold=True)
    once = session(arena, alice, 500, idempotency_key="k-1")
    recorded(once)

    assert recorded(once)[0].status == "held"
    ledger.decide(suspicion_ids=[Suspicion.objects.get().id], verdict=Verdict.PASSED, by=None, reason="Seen it.")
    assert recorded(once)[0].status == "recorded"
    ledger.void_sessions(session_ids=[recorded(once)[0].session_id], by=None, reason="Cheated.")
    assert recorded(once)[0].status == "voided"

    assert len(found()) == 1
