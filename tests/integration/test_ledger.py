"""The ledger: what one transaction records, refuses, replays and tells."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from scores import boards
from scores.errors import LedgerUnavailable, Refused
from scores.ledger import MAXIMUM, Receipt, record
from scores.ledger.settle import settle
from scores.models import Client, GameSession, IdempotencyKey, Player, Standing, Window
from tests.faults.inside import closed_gate, somebody_else
from tests.ledger import Heard, make_ranks, recorded, session


def test_a_batch_is_recorded_and_each_session_gets_its_receipt(arena: Client, alice: Player, bob: Player) -> None:
    make_ranks()

    first, second, third = recorded(session(arena, alice, 10), session(arena, bob, 30), session(arena, alice, 5))

    assert [first.user_id, second.user_id, third.user_id] == [alice.id, bob.id, alice.id]
    assert [first.total_score, second.total_score, third.total_score] == [15, 30, 15]
    assert [first.rank, second.rank, third.rank] == [2, 1, 2]
    assert list(GameSession.objects.order_by("id").values_list("id", "score")) == [
        (first.session_id, 10),
        (second.session_id, 30),
        (third.session_id, 5),
    ]


def test_standings_count_games_and_wins(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, outcome="win"), session(arena, alice, outcome="loss"))
    recorded(session(arena, alice, outcome="win"), session(arena, alice))

    assert Standing.objects.values_list("games", "wins", "total_score", "sort_key").get() == (4, 2, 40, -40.0)


def test_an_unknown_player_is_refused_and_the_neighbours_are_recorded(arena: Client, alice: Player) -> None:
    unknown = session(arena, "nobody")

    before, refusal, after = record([session(arena, alice), unknown, session(arena, alice)])

    assert isinstance(before, Receipt)
    assert isinstance(after, Receipt)
    assert isinstance(refusal, Refused)
    assert refusal.code == "unknown_player"
    assert GameSession.objects.count() == 2


def test_a_new_name_becomes_a_player_where_the_client_may_create_them(arena: Client) -> None:
    with Heard() as heard:
        first, second = recorded(
            session(arena, "dora", 3, may_create_player=True), session(arena, "dora", 4, may_create_player=True)
        )

    dora = Player.objects.get(username="dora")
    assert first.user_id == second.user_id == dora.id
    assert not dora.has_usable_password()
    assert [(change.user_id, change.username, change.rev) for change in heard[0].names] == [(dora.id, "dora", dora.rev)]


def test_a_total_stays_within_what_is_exact(arena: Client, alice: Player, bob: Player) -> None:
    recorded(session(arena, alice, MAXIMUM))

    refusal, receipt = settle([session(arena, alice, 1), session(arena, bob, MAXIMUM)])

    assert isinstance(refusal, Refused)
    assert refusal.code == "total_out_of_range"
    assert isinstance(receipt, Receipt)
    assert receipt.total_score == MAXIMUM


def test_a_sum_that_only_the_batch_makes_too_large_is_found_by_halving(
    arena: Client, alice: Player, bob: Player
) -> None:
    batch = [session(arena, bob, 1), session(arena, alice, MAXIMUM), session(arena, alice, 1), session(arena, bob, 2)]

    answers = settle(batch)

    assert [answer.code for answer in answers if isinstance(answer, Refused)] == ["total_out_of_range"]
    assert Standing.objects.get(user=bob).total_score == 3
    assert Standing.objects.get(user=alice).total_score == MAXIMUM


def test_a_player_whose_row_is_held_delays_the_neighbours_and_fails_none_of_them(
    arena: Client, alice: Player, bob: Player, charlie: Player
) -> None:
    recorded(session(arena, alice, 1))
    with somebody_else() as other:
        other.execute("SELECT 1 FROM leaderboard WHERE user_id = %s FOR UPDATE", [alice.id])

        held, *others = settle([session(arena, alice, 1), session(arena, bob, 2), session(arena, charlie, 3)])

    assert isinstance(held, LedgerUnavailable)
    assert not held.outcome_unknown
    assert [answer.total_score for answer in others if isinstance(answer, Receipt)] == [2, 3]


def test_a_closed_gate_is_not_taken_for_a_held_row(arena: Client, alice: Player, bob: Player) -> None:
    with closed_gate(), connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '50ms'")
        with pytest.raises(OperationalError):
            record([session(arena, alice, 1), session(arena, bob, 2)])
        cursor.execute("RESET lock_timeout")


def test_a_retry_gets_the_first_receipt_with_the_total_of_now(arena: Client, alice: Player, bob: Player) -> None:
    make_ranks()
    once = session(arena, alice, 10, idempotency_key="k-1")
    (original,) = recorded(once)
    recorded(session(arena, alice, 5), session(arena, bob, 100))

    (replay,) = recorded(once)

    assert replay.replayed
    assert (replay.session_id, replay.timestamp) == (original.session_id, original.timestamp)
    assert (replay.total_score, replay.rank) == (15, 2)
    assert Standing.objects.get(user=alice).total_score == 15
    assert IdempotencyKey.objects.count() == 1


def test_a_retry_is_replayed_even_where_the_total_has_no_room_for_it_twice(arena: Client, alice: Player) -> None:
    once = session(arena, alice, MAXIMUM, idempotency_key="k-1")
    recorded(once)

    (replay,) = settle([once])

    assert isinstance(replay, Receipt)
    assert replay.replayed


def test_a_key_whose_session_is_gone_is_never_recorded_a_second_time(arena: Client, alice: Player) -> None:
    IdempotencyKey.objects.create(client=arena, key="k-1", session_id=987_654, body_digest=b"")

    with pytest.raises(LookupError):
        record([session(arena, alice, idempotency_key="k-1")])

    assert not GameSession.objects.exists()


def test_a_session_outside_of_the_window_is_recorded_and_counts_nowhere(arena: Client, alice: Player) -> None:
    Window.objects.update(ends=datetime(2020, 1, 1, tzinfo=UTC))
    boards.forget()
    try:
        (receipt,) = recorded(session(arena, alice, 10))
    finally:
        Window.objects.update(ends=None)

    assert receipt.total_score == 0
    assert GameSession.objects.count() == 1
    assert not Standing.objects.exists()


def test_a_key_with_another_body_is_refused(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10, idempotency_key="k-1"))

    (refusal,) = record([session(arena, alice, 11, idempotency_key="k-1")])

    assert isinstance(refusal, Refused)
    assert refusal.code == "idempotency_key_reused"
    assert Standing.objects.get().total_score == 10


def test_a_refused_session_claims_no_key(arena: Client) -> None:
    record([session(arena, "dora", idempotency_key="k-1")])
    Player.objects.create(username="dora")

    (receipt,) = recorded(session(arena, "dora", idempotency_key="k-1"))

    assert not receipt.replayed


def test_keys_of_two_clients_are_two_keys(arena: Client, alice: Player) -> None:
    other = Client.objects.create(name="other")

    recorded(session(arena, alice, idempotency_key="k-1"))
    (receipt,) = recorded(session(other, alice, idempotency_key="k-1"))

    assert not receipt.replayed


def test_a_session_counts_when_it_was_played(arena: Client, alice: Player) -> None:
    played_at = datetime(2026, 10, 3, 12, tzinfo=UTC)

    (receipt,) = recorded(session(arena, alice, played_at=played_at))

    assert receipt.timestamp == played_at
    assert GameSession.objects.get().timestamp == played_at


def test_sessions_lie_in_the_partition_of_their_month(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice), session(arena, alice, played_at=datetime(2001, 1, 1, tzinfo=UTC)))

    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text, to_char(timestamp, 'YYYY_MM') FROM game_sessions ORDER BY id")
        (now, month), (then, _) = cursor.fetchall()
    assert now == f"game_sessions_{month}"
    assert then == "game_sessions_default"


def test_a_session_that_is_rolled_back_is_never_announced(arena: Client, alice: Player) -> None:
    def record_and_fail() -> None:
        with transaction.atomic():
            record([session(arena, alice)])
            raise RuntimeError

    with Heard() as heard, pytest.raises(RuntimeError):
        record_and_fail()

    assert heard == []
    assert not GameSession.objects.exists()


@pytest.mark.parametrize("table", ["users", "game_sessions", "leaderboard", "idempotency_keys"])
def test_no_row_is_ever_deleted(table: str, arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, idempotency_key="k-1"))

    with pytest.raises(IntegrityError, match="never deleted"), connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table}")


def test_a_recorded_session_is_never_rewritten(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice))

    with pytest.raises(IntegrityError, match="never rewritten"):
        GameSession.objects.update(score=99)


def test_a_login_draws_no_rev_and_a_stale_save_keeps_it(alice: Player) -> None:
    stale = Player.objects.get(pk=alice.pk)
    Player.objects.filter(pk=alice.pk).update(username="alicia")
    renamed = Player.objects.get(pk=alice.pk)

    stale.is_staff = True
    stale.save(update_fields=["is_staff", "rev"])

    assert Player.objects.get(pk=alice.pk).rev == renamed.rev > stale.rev


def test_rows_written_past_the_ledger_draw_a_rev_too(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice))
    rev = Standing.objects.get().rev

    Standing.objects.update(games=7)

    assert Standing.objects.get().rev > rev
