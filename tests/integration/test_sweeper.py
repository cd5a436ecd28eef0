"""The sweeper: what hands did to Valkey is found, counted and repaired; on a right system nothing is."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from scores import boards, failpoints
from scores.advisory_locks import AdvisoryLock, held_alone
from scores.ledger import ban
from scores.models import Client, Player, Sweep
from scores.ranking import keys, reads
from scores.ranking.rebuilding import rebuild
from scores.reconciler import reconcile
from scores.valkey import valkey
from scores.verification import compare, sweep, sweeper, swept
from tests.ledger import make_ranks, recorded, session

Board = list[tuple[str, int, int]]
#: A rev that is not drawn in these tests: each restore, which others try, jumps by 10^12.
FUTURE = str(9 * 10**15)


def board() -> Board:
    page = reads.top(boards.GLOBAL)
    assert page.source == "ranks"
    return [(row.username, row.rank, row.total_score) for row in page.rows]


def window() -> boards.WindowRef:
    return boards.current(boards.GLOBAL)


def meta(field: str) -> str:
    [[found]] = valkey().commands([("HMGET", keys.meta(window()), field)])
    return str(found)


def ranks() -> str:
    return keys.ranks(window(), meta("generation"))


def revs(bucket: int) -> str:
    return keys.revs(window(), meta("generation"), bucket)


def swept_at_once() -> dict[str, tuple[int, int, int]]:
    """What a sweep without patience found: compared, differences, repaired."""
    return {
        "names" if each.window_id is None else "ranks": (each.compared, each.differences, each.repaired)
        for each in sweep(patience_s=0)
    }


@pytest.fixture
def right(arena: Client, alice: Player, bob: Player, charlie: Player) -> Board:
    """Three players, of whom one is banned, and ranks that say so."""
    make_ranks()
    recorded(session(arena, alice, 10), session(arena, bob, 20), session(arena, charlie, 30))
    ban(user_id=charlie.id, by=None, reason="cheats")
    reconcile()
    return board()


def test_a_sweep_of_what_is_right_finds_nothing_and_changes_nothing(right: Board) -> None:
    epoch, seq = meta("epoch"), meta("seq")

    assert swept_at_once() == {"ranks": (3, 0, 0), "names": (3, 0, 0)}

    assert (board(), meta("epoch"), meta("seq")) == (right, epoch, seq)
    assert Sweep.objects.filter(differences=0).count() == 2


@pytest.mark.parametrize(
    "tampering",
    [
        lambda alice, charlie: ("ZADD", ranks(), -1000, "somebody"),
        lambda alice, charlie: ("ZADD", ranks(), -1000, keys.member(7000)),
        lambda alice, charlie: ("ZADD", ranks(), -1000, keys.member(100)),
        lambda alice, charlie: ("ZADD", ranks(), -1000, keys.member(alice)),
        lambda alice, charlie: ("ZADD", ranks(), -1000, keys.member(charlie)),
        lambda alice, charlie: ("ZREM", ranks(), keys.member(alice)),
        lambda alice, charlie: ("HDEL", revs(0), alice),
        lambda alice, charlie: ("HSET", revs(0), alice, 1),
        lambda alice, charlie: ("HSET", revs(0), 100, 1),
        lambda alice, charlie: ("HSET", revs(9), 100, 1),
        lambda alice, charlie: ("HSET", revs(0), "somebody", 1),
        lambda alice, charlie: ("DEL", revs(0)),
        lambda alice, charlie: ("DEL", ranks()),
        lambda alice, charlie: ("SET", revs(0), "foreign"),
        lambda alice, charlie: ("SET", ranks(), "foreign"),
        lambda alice, charlie: ("SET", keys.meta(window()), "foreign"),
    ],
    ids=[
        "a member that is no player's", "a member of nobody", "a member of nobody beside others",
        "another score", "a hidden player", "a missing member", "a missing rev", "an old rev",
        "a rev of nobody beside others", "a rev of nobody", "a field that is no player's", "missing revs",
        "missing ranks", "foreign revs", "foreign ranks", "a foreign meta",
    ],
)  # fmt: skip
def test_hands_in_the_ranks_are_found_and_repaired(
    tampering: Callable[[int, int], tuple[str | int, ...]], right: Board, alice: Player, charlie: Player
) -> None:
    command = tampering(alice.id, charlie.id)
    valkey().commands([("DEL", command[1]), command] if command[0] == "SET" else [command])

    _, found, repaired = swept_at_once()["ranks"]

    assert found == repaired >= 1
    assert board() == right
    assert compare(pause=lambda: None).differences == 0
    assert swept_at_once()["ranks"] == (3, 0, 0)
    assert swept().differences == swept().repaired == found


@pytest.mark.parametrize("rev", [FUTURE, "no rev"])
def test_a_rev_of_another_past_makes_all_ranks_anew(rev: str, right: Board, alice: Player) -> None:
    epoch = meta("epoch")
    valkey().commands([("HSET", revs(0), alice.id, rev), ("ZADD", ranks(), -99, keys.member(alice.id))])

    assert swept_at_once()["ranks"] == (3, 1, 1)

    assert meta("epoch") != epoch
    assert board() == right


@pytest.mark.parametrize("name", ["{rev}:alina", "1:alina", f"{FUTURE}:alina", "alina"])
def test_a_changed_name_is_repaired_and_the_boards_show_it(name: str, right: Board, alice: Player) -> None:
    alice.refresh_from_db()
    seq = int(meta("seq"))
    valkey().commands([("HSET", keys.names(0), alice.id, name.format(rev=alice.rev))])
    reconcile()

    assert swept_at_once()["names"] == (3, 1, 1)

    assert board() == right
    assert int(meta("seq")) > seq
    assert swept_at_once()["names"] == (3, 0, 0)


@pytest.mark.parametrize("number", [0, 55])
def test_a_name_of_nobody_is_forgotten(number: int, right: Board) -> None:
    valkey().commands([("HSET", keys.names(number), 100, "9:zoe")])

    assert swept_at_once()["names"] == (3, 1, 1)

    assert valkey().commands([("HEXISTS", keys.names(number), 100)]) == [0]


def test_names_of_another_type_are_exchanged(right: Board) -> None:
    valkey().commands([("DEL", keys.names(0)), ("SET", keys.names(0), "foreign")])

    assert swept_at_once()["names"] == (3, 1, 1)

    assert board() == right


def test_many_differences_are_repaired_by_a_rebuild(right: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scores.verification.repairing._MANY", 2)
    epoch = meta("epoch")
    valkey().commands([("DEL", revs(0))])

    assert swept_at_once()["ranks"] == (3, 3, 3)

    assert (board(), meta("epoch") != epoch) == (right, True)


def test_a_stranger_who_leaves_the_visible_top_makes_pages_look_again(right: Board) -> None:
    valkey().commands([("ZADD", ranks(), -1000, keys.member(7000))])
    seq = int(meta("seq"))

    swept_at_once()

    assert int(meta("seq")) == seq + 1


@pytest.mark.parametrize("member", ["somebody", keys.member(7000)])
def test_until_strangers_are_swept_boards_leave_them_out(
    member: str, arena: Client, right: Board, alice: Player
) -> None:
    valkey().commands([("ZADD", ranks(), -1000, member)])
    recorded(session(arena, alice, 1))
    reconcile()

    assert [row[::2] for row in board()] == [("bob", 20), ("alice", 11)]


@pytest.mark.parametrize("sort_key", ["-inf", "-1e300"])
def test_until_it_is_swept_a_total_that_is_none_is_shown_as_0(sort_key: str, right: Board, alice: Player) -> None:
    valkey().commands([("ZADD", ranks(), sort_key, keys.member(alice.id))])

    assert board() == [("alice", 1, 0), ("bob", 2, 20)]
    assert swept_at_once()["ranks"] == (3, 1, 1)
    assert board() == right


def test_each_difference_is_told_in_words(right: Board, alice: Player, caplog: pytest.LogCaptureFixture) -> None:
    valkey().commands([("ZREM", ranks(), keys.member(alice.id))])

    swept_at_once()

    [told] = [record for record in caplog.records if record.levelname == "ERROR"]
    sentence = f"ranks of global:all, player {alice.id}: Valkey has them on no place, PostgreSQL at 10 points."
    assert sentence in str(told.msg)


@pytest.fixture
def _disarmed() -> Iterator[None]:
    yield
    failpoints.arm("")


@pytest.mark.usefixtures("_disarmed")
def test_a_difference_that_is_not_repaired_is_found_again(right: Board, alice: Player) -> None:
    valkey().commands([("ZREM", ranks(), keys.member(alice.id))])

    failpoints.arm("sweep_repair=skip")
    assert swept_at_once()["ranks"] == (3, 1, 0)
    failpoints.arm("")
    assert swept_at_once()["ranks"] == (3, 1, 1)

    assert swept().differences == 2
    assert swept().repaired == 1


@pytest.mark.usefixtures("_disarmed")
def test_a_sweep_repairs_without_the_write_after_commit_too(right: Board, alice: Player) -> None:
    valkey().commands([("ZREM", ranks(), keys.member(alice.id))])
    failpoints.arm("write_after_commit=skip")

    assert swept_at_once()["ranks"] == (3, 1, 1)
    reconcile()

    assert board() == right


def test_ranks_that_are_being_rebuilt_are_left_to_the_builder(right: Board, alice: Player) -> None:
    valkey().commands([("ZREM", ranks(), keys.member(alice.id))])

    def sweep_meanwhile(players: int) -> None:
        with ThreadPoolExecutor(1) as elsewhere:
            seen.append(elsewhere.submit(swept_at_once).result(10)["ranks"])
            elsewhere.submit(connections.close_all).result(10)

    seen: list[tuple[int, int, int]] = []
    rebuild(window(), progress=sweep_meanwhile)

    assert seen == [(3, 0, 0)]
    assert swept_at_once()["ranks"] == (3, 0, 0)
    assert board() == right


def test_missing_ranks_are_left_to_the_reconciler(right: Board) -> None:
    valkey().commands([("FLUSHALL",)])

    assert swept_at_once() == {"names": (3, 0, 0)}


@pytest.mark.usefixtures("_disarmed")
def test_a_sweep_under_load_finds_nothing(arena: Client, right: Board) -> None:
    failpoints.arm("write_after_commit=skip@0.5")
    done = threading.Event()

    def play() -> None:
        number = 0
        while not done.is_set():
            number += 1
            recorded(*(session(arena, f"p{(number * 7 + each) % 300}", 1, may_create_player=True) for each in range(9)))
        connection.close()

    def reconcile_on() -> None:
        while not done.is_set():
            reconcile()
        connection.close()

    threads = [threading.Thread(target=each) for each in (play, play, reconcile_on)]
    for thread in threads:
        thread.start()
    try:
        ends_at = time.monotonic() + 3
        while time.monotonic() < ends_at:
            assert {each.differences for each in sweep(patience_s=0)} == {0}
        assert compare().examples == []
    finally:
        done.set()
        for thread in threads:
            thread.join(30)


@pytest.mark.usefixtures("_disarmed")
def test_what_the_reconciler_has_not_got_to_is_no_difference(arena: Client, right: Board, alice: Player) -> None:
    failpoints.arm("write_after_commit=skip")
    recorded(session(arena, alice, 1))
    ban(user_id=alice.id, by=None, reason="cheats")

    assert swept_at_once() == {"ranks": (3, 0, 0), "names": (3, 0, 0)}
    reconcile()
    assert board() == [("bob", 1, 20)]


def test_of_two_sweepers_one_sweeps(right: Board) -> None:
    with held_alone(AdvisoryLock.SWEEP) as first:
        seen: list[bool] = []

        def try_too() -> None:
            with held_alone(AdvisoryLock.SWEEP) as second:
                seen.append(second)
            connection.close()

        thread = threading.Thread(target=try_too)
        thread.start()
        thread.join(10)
    with held_alone(AdvisoryLock.SWEEP) as again:
        assert (first, seen, again) == (True, [False], True)


def test_the_sweeper_sweeps_until_it_is_stopped(right: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scores.verification.sweeper._TICK_S", 0.01)
    monkeypatch.setattr("scores.verification.sweeper._ROUND_S", 0.01)
    stop = threading.Event()

    thread = sweeper.start(stop)
    deadline = time.monotonic() + 20
    while Sweep.objects.count() < 4:
        assert time.monotonic() < deadline
    stop.set()
    thread.join(10)

    assert not thread.is_alive()
    with held_alone(AdvisoryLock.SWEEP) as is_alone:
        assert is_alone


def test_sweeps_that_found_nothing_are_forgotten_after_a_week(right: Board) -> None:
    swept_at_once()
    Sweep.objects.update(finished_at="2020-01-01T00:00Z")
    Sweep.objects.create(started_at="2020-01-01T00:00Z", finished_at="2020-01-01T00:00Z", compared=9, differences=1,
                         repaired=1)  # fmt: skip

    swept_at_once()

    assert Sweep.objects.filter(finished_at__year=2020).count() == 1
    assert swept().differences == 1
