"""The safety net: whatever was lost on the way to Valkey, the ranks equal the ledger again."""

from __future__ import annotations

import threading

import pytest
import redis
from django.conf import settings
from django.db import Error, connection
from django.db.models import F

from scores import boards, worker
from scores.models import Client, Player, Standing
from scores.ranking import changed, keys
from scores.reconciler import reconcile
from scores.signals import board_changed
from scores.valkey import valkey
from tests.faults.inside import somebody_else
from tests.ledger import make_ranks, recorded, session
from tests.ranks import board, meta, ranks_keys


@pytest.mark.usefixtures("either_road")
def test_what_a_dead_process_left_behind_is_brought_in(arena: Client, alice: Player, bob: Player) -> None:
    make_ranks()
    recorded(session(arena, alice, 10), session(arena, bob, 20), session(arena, "dora", 30, may_create_player=True))

    rows = reconcile()

    assert board() == [("dora", 1, 30), ("bob", 2, 20), ("alice", 3, 10)]
    assert rows == 4  # three standings, and the name of the new player
    assert reconcile() == 0


@pytest.mark.usefixtures("either_road")
def test_a_transaction_that_stays_open_is_seen_when_it_commits(arena: Client, alice: Player, bob: Player) -> None:
    recorded(session(arena, alice, 10), session(arena, bob, 20))
    make_ranks()
    opened, may_commit = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("UPDATE leaderboard SET total_score = 99, sort_key = -99 WHERE user_id = %s", [alice.id])
            opened.set()
            may_commit.wait(10)
            cursor.execute("COMMIT")
        connection.close()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    assert opened.wait(10)
    recorded(session(arena, bob, 1))  # begins later, commits earlier
    reconcile()
    assert board() == [("bob", 1, 21), ("alice", 2, 10)]

    may_commit.set()
    writer.join(10)
    reconcile()

    assert board() == [("alice", 1, 99), ("bob", 2, 21)]


@pytest.mark.usefixtures("either_road")
def test_a_turn_that_loses_postgresql_in_the_middle_is_made_up_for(
    arena: Client, alice: Player, bob: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_ranks()
    recorded(session(arena, alice, 10), session(arena, bob, 20), session(arena, "dora", 30, may_create_player=True))
    Standing.objects.update(total_score=F("total_score") + 1, sort_key=F("sort_key") - 1)
    watermark = meta("watermark")
    monkeypatch.setattr(changed, "_CHUNK_ROWS", 1)

    def lose_the_connection(**_: object) -> None:
        with somebody_else() as other:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])

    board_changed.connect(lose_the_connection)
    try:
        with pytest.raises(Error):
            reconcile()
    finally:
        board_changed.disconnect(lose_the_connection)
    connection.close()
    assert meta("watermark") == watermark

    reconcile()
    assert board() == [("dora", 1, 31), ("bob", 2, 21), ("alice", 3, 11)]


@pytest.mark.usefixtures("either_road")
def test_a_valkey_that_lost_its_tail_gets_the_lost_rows_again(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    make_ranks()
    raw = redis.Redis.from_url(settings.REDIS_URL)
    earlier = {key: raw.dump(key) or b"" for key in ranks_keys()}
    recorded(session(arena, alice, 5))
    reconcile()
    assert board() == [("alice", 1, 15)]

    for key, value in earlier.items():
        raw.restore(key, 0, value, replace=True)
    raw.close()
    assert board() == [("alice", 1, 10)]
    reconcile()

    assert board() == [("alice", 1, 15)]


def test_missing_ranks_are_rebuilt_with_a_new_epoch(arena: Client, alice: Player) -> None:
    make_ranks()
    recorded(session(arena, alice, 10))
    (epoch,) = meta("epoch")
    valkey().commands([("FLUSHALL",)])

    reconcile()

    assert board() == [("alice", 1, 10)]
    assert meta("epoch") != [epoch]


def test_ranks_of_another_postgresql_are_rebuilt(arena: Client, alice: Player) -> None:
    make_ranks()
    (epoch,) = meta("epoch")
    valkey().commands([("HSET", keys.meta(boards.current(boards.GLOBAL)), "identity", "another")])

    reconcile()

    assert meta("epoch") != [epoch]


def test_a_partition_that_cannot_be_made_does_not_stop_the_ranks(arena: Client, alice: Player) -> None:
    make_ranks()
    with connection.cursor() as cursor:
        cursor.execute("SELECT date_trunc('month', now() + interval '3 months') + interval '1 day'")
        [moment] = cursor.fetchone()
        cursor.execute(f"DROP TABLE game_sessions_{moment:%Y_%m}")
    recorded(session(arena, alice, 10, played_at=moment))
    Standing.objects.update(total_score=11, sort_key=-11)

    assert not worker._keep_house()
    reconcile()

    assert board() == [("alice", 1, 11)]
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE game_sessions")
    assert worker._keep_house()


def test_a_watermark_stays_where_nothing_changed(arena: Client, alice: Player) -> None:
    make_ranks()
    before = meta("watermark")

    reconcile()
    assert meta("watermark") == before

    recorded(session(arena, alice, 10))
    reconcile()
    assert meta("watermark") != before
