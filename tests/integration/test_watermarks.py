"""When a watermark is believed, and when it moves."""

from __future__ import annotations

import itertools
import random
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.db.models.functions import Now

from scores import boards
from scores.changes import Committed, NameChange
from scores.models import Board, Client, Player, RankMark, Standing, Window
from scores.ranking import changed, names
from scores.ranking.identity import identity, origin
from scores.ranking.projecting import Advance, catch_up, project
from scores.ranking.watermarks import Stand, Watermark
from scores.reconciler import keep_house, reconcile
from scores.valkey import valkey
from tests import ranks
from tests.ledger import make_ranks, recorded, session


def test_ranks_whose_mark_nobody_knows_are_rebuilt(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    make_ranks()
    (epoch,) = ranks.meta("epoch")
    RankMark.objects.all().delete()

    reconcile()

    assert ranks.meta("epoch") != [epoch]
    assert RankMark.objects.filter(token=ranks.stand().watermark.mark).exists()


@pytest.mark.parametrize("field", ["watermark", "mark", "identity", "covered"])
def test_ranks_whose_watermark_somebody_has_spoiled_are_right_again(arena: Client, alice: Player, field: str) -> None:
    make_ranks()
    recorded(session(arena, alice, 10))
    ranks.set_meta(**{field: "spoiled"})
    Standing.objects.update(total_score=40, sort_key=-40)

    reconcile()

    assert ranks.are_those_of_the_ledger()


def test_names_of_another_past_are_forgotten(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    make_ranks()
    project(Committed(names=(NameChange(alice.id, "zoe", 10**9),)))
    RankMark.objects.all().delete()

    reconcile()

    assert ranks.board() == [("alice", 1, 10)]


def test_whoever_rebuilds_by_hand_believes_no_name_either(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    make_ranks()
    project(Committed(names=(NameChange(alice.id, "zoe", 10**9),)))

    make_ranks()

    assert ranks.board() == [("alice", 1, 10)]


def test_a_new_board_leaves_the_names_of_the_others(arena: Client, alice: Player) -> None:
    make_ranks()
    project(Committed(names=(NameChange(alice.id, "alice", alice.rev),)))
    daily = Window.objects.create(board=Board.objects.get(slug=boards.GLOBAL), slug="daily", ends=Now())
    boards.forget()

    try:
        reconcile()
    finally:
        daily.delete()

    assert names.known([alice.id]) == {alice.id: "alice"}


def test_a_restart_of_postgresql_changes_nothing_where_a_mark_covers_everything(arena: Client, alice: Player) -> None:
    make_ranks()
    recorded(session(arena, alice, 10))
    reconcile()
    (epoch,) = ranks.meta("epoch")
    ranks.set_meta(started="earlier")

    reconcile()

    assert ranks.meta("epoch", "started") == [epoch, origin().started]


def test_after_a_restart_ranks_that_no_mark_covers_are_rebuilt(arena: Client, alice: Player) -> None:
    make_ranks()
    recorded(session(arena, alice, 10))  # the write after the commit alone has brought it
    (epoch,) = ranks.meta("epoch")
    ranks.set_meta(started="earlier")

    reconcile()

    assert ranks.meta("epoch", "started") != [epoch, origin().started]
    assert ranks.board() == [("alice", 1, 10)]


def test_the_installation_has_a_name_that_is_part_of_the_identity(committed: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT identity::text FROM installation")
        assert identity().endswith(f":{cursor.fetchone()[0]}")


def _advance(stand: Stand) -> None:
    """Moves the watermark, as a reconciler does that has begun when the ranks stood there."""
    until = Watermark("1:1:", str(uuid.uuid4()), origin(), "0")
    catch_up(Committed(), {boards.current(boards.GLOBAL).id: Advance(stand.watermark.mark, stand.run, until)})


def test_a_watermark_does_not_move_in_a_valkey_that_was_promoted_meanwhile(arena: Client) -> None:
    make_ranks()
    before = ranks.stand()
    valkey().commands([("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")])

    _advance(before)
    assert ranks.stand().watermark == before.watermark

    _advance(ranks.stand())
    assert ranks.stand().watermark != before.watermark


def test_of_two_reconcilers_one_moves_the_watermark(arena: Client) -> None:
    make_ranks()
    before = ranks.stand()

    _advance(before)
    moved = ranks.stand()
    _advance(before)

    assert moved.watermark != before.watermark
    assert ranks.stand() == moved


def test_where_nothing_changes_nothing_is_written(arena: Client, alice: Player) -> None:
    make_ranks()
    recorded(session(arena, alice, 10))
    reconcile()
    marks = RankMark.objects.count()

    assert [reconcile() for _ in range(3)] == [0, 0, 0]

    assert RankMark.objects.count() == marks


def test_old_marks_go_but_not_the_newest_and_none_that_ranks_stand_at(arena: Client, alice: Player) -> None:
    make_ranks()
    stood_at = RankMark.objects.get()
    old = RankMark.objects.create()
    newest = RankMark.objects.create()
    for age_h, mark in ((50, stood_at), (49, old), (48, newest)):
        RankMark.objects.filter(pk=mark.pk).update(at=Now() - timedelta(hours=age_h))

    keep_house()

    assert set(RankMark.objects.all()) == {stood_at, newest}
    assert reconcile() == 0


def test_what_snapshots_do_not_show_is_found_by_its_number(committed: None) -> None:
    chance = random.Random(18)
    for _ in range(50):
        since = []
        for _ in range(chance.choice([1, 1, 2, 3])):
            xmin, xmax = sorted(chance.sample(range(100, 140), 2))
            at_work = sorted({xmin, *chance.choices(range(xmin, xmax), k=chance.randrange(5))})
            since.append(f"{xmin}:{xmax}:{','.join(map(str, at_work))}")
        first_new, earlier = changed.not_yet_visible(since)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT array_agg(id) FROM generate_series(90, 150) AS id WHERE EXISTS ("
                " SELECT FROM unnest(%s::pg_snapshot[]) AS since"
                " WHERE NOT pg_visible_in_snapshot(id::text::xid8, since))",
                [since],
            )
            assert cursor.fetchone()[0] == [id_ for id_ in range(90, 151) if id_ >= first_new or id_ in earlier]


def test_rows_of_a_dump_with_numbers_that_nobody_was_given_yet_are_no_news(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE leaderboard DISABLE TRIGGER USER")
        cursor.execute("UPDATE leaderboard SET changed_xid = '9000000000'")
        cursor.execute("ALTER TABLE leaderboard ENABLE TRIGGER USER")
    make_ranks()

    assert reconcile() == 0
    recorded(session(arena, alice, 10))
    assert reconcile() == 1


@pytest.mark.usefixtures("either_road")
def test_several_workers_bring_in_everything(arena: Client, alice: Player, bob: Player, charlie: Player) -> None:
    make_ranks()
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            reconcile()
        connections.close_all()

    with ThreadPoolExecutor(3) as workers:
        working = [workers.submit(work) for _ in range(3)]
        try:
            for number, player in zip(range(60), itertools.cycle([alice, bob, charlie]), strict=False):
                recorded(session(arena, player, number))
            Standing.objects.filter(user=bob).update(total_score=1, sort_key=-1)
        finally:
            done.set()
        for each in working:
            each.result(30)
    reconcile()

    assert ranks.are_those_of_the_ledger()
    assert ranks.stand().is_covered
