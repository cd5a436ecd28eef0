"""Ranks are made anew beside the old ones while everything goes on; only who has brought all of it switches."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from django.db import Error, connection, connections

from scores import boards, ledger
from scores.changes import Committed, StandingChange
from scores.models import Client, Player
from scores.ranking import RanksUnavailable, keys, rebuilding, scripts
from scores.ranking.buckets import Bucket
from scores.ranking.projecting import project
from scores.ranking.rebuilding import RebuildAborted, rebuild
from scores.reconciler import reconcile
from scores.valkey import ScriptCall, valkey
from tests.faults.inside import somebody_else
from tests.ledger import make_ranks, recorded, session
from tests.ranks import are_those_of_the_ledger, board, meta, ranks_keys


def elsewhere(progress: Callable[[int], None]) -> Callable[[int], None]:
    """Runs it in a thread with a connection of its own, as another process would."""

    def run(players: int) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(progress, players).result(10)
            pool.submit(connections.close_all).result(10)

    return run


def server_time_ms() -> int:
    [(seconds, microseconds)] = valkey().commands([("TIME",)])
    return int(seconds) * 1000 + int(microseconds) // 1000


def test_a_builder_that_died_while_the_clock_was_ahead_holds_up_nobody(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    make_ranks()
    ahead = str(server_time_ms() + 3_600_000)
    left = ("building_generation", "dead", "building_chunks", "0", "building_until", ahead)
    valkey().commands([("HSET", keys.meta(boards.current(boards.GLOBAL)), *left)])

    assert rebuild(boards.current(boards.GLOBAL)).players == 1


def test_a_submit_in_the_middle_of_a_rebuild_is_in_both_generations(arena: Client, alice: Player, bob: Player) -> None:
    recorded(session(arena, alice, 10), session(arena, bob, 20))
    make_ranks()

    @elsewhere
    def submit_once(players: int) -> None:
        (receipt,) = recorded(session(arena, alice, 100))
        assert receipt.rank == 1
        assert board() == [("alice", 1, 110), ("bob", 2, 20)]

    rebuild(boards.current(boards.GLOBAL), progress=submit_once)

    assert board() == [("alice", 1, 110), ("bob", 2, 20)]


@pytest.mark.usefixtures("either_road")
def test_whatever_happens_in_the_middle_of_a_rebuild_the_ranks_are_the_ledgers(
    arena: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    players = [Player.objects.create(id=keys.BUCKET * number, username=f"p{number}") for number in range(1, 9)]
    recorded(*(session(arena, player, 10) for player in players))
    make_ranks()
    monkeypatch.setattr(rebuilding, "_CHUNK_BUCKETS", 1)
    chunks = itertools.count(1)

    @elsewhere
    def decide_and_submit(brought: int) -> None:
        number = next(chunks)
        for player in (players[0], players[-1], players[number - 1]):
            recorded(session(arena, player, number))
        recorded(session(arena, f"new{number}", 20, may_create_player=True))
        ledger.rename(user_id=players[-2].id, username=f"renamed{number}", by=None, reason="asked for it")
        (ledger.unban if number % 2 else ledger.ban)(user_id=players[2].id, by=None, reason="cheated, or not")

    rebuild(boards.current(boards.GLOBAL), progress=decide_and_submit)
    reconcile()

    assert next(chunks) == len(players) + 1
    assert are_those_of_the_ledger()


def test_of_two_builders_one_works(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    window = boards.current(boards.GLOBAL)

    def begin_another(players: int) -> None:
        with pytest.raises(RebuildAborted, match="at work"):
            rebuild(window)

    rebuild(window, progress=begin_another)

    assert board() == [("alice", 1, 10)]


def test_a_builder_whose_chunks_were_lost_does_not_switch(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    make_ranks()
    (generation,) = meta("generation")
    window = boards.current(boards.GLOBAL)

    def lose_tail(players: int) -> None:
        valkey().commands([("HSET", keys.meta(window), "building_chunks", 0)])

    with pytest.raises(RebuildAborted, match="lost a part"):
        rebuild(window, progress=lose_tail)

    assert meta("generation") == [generation]
    assert board() == [("alice", 1, 10)]


def chunk(generation: str, number: int, bucket: Bucket) -> bool:
    """Brings one bucket into the generation; whether the builder may go on."""
    window = boards.current(boards.GLOBAL)
    rows = msgspec.msgpack.encode([(bucket.number, bucket.revs, bucket.places, bucket.hidden)])
    call = ScriptCall(scripts.REBUILD_CHUNK, keys.meta(window), [keys.tag(window), generation, 10_000, number, rows])
    [answer] = valkey().run([call])
    return bool(answer)


def begun() -> str:
    """A generation under construction, whose builder gives signs."""
    window = boards.current(boards.GLOBAL)
    assert valkey().run([ScriptCall(scripts.REBUILD_BEGIN, keys.meta(window), ["abcd0001", 10_000])]) == [1]
    return "abcd0001"


def test_a_chunk_whose_answer_was_lost_counts_once(committed: None) -> None:
    generation = begun()
    alone = Bucket(0, revs=["7", "100"], places=["-30", keys.member(7)])

    assert chunk(generation, 1, alone)
    assert chunk(generation, 1, alone)  # sent again by a builder that did not hear the answer
    assert meta("building_chunks") == ["1"]

    assert not chunk(generation, 3, alone)  # chunk 2 is lost
    assert chunk(generation, 2, alone)
    assert meta("building_chunks") == ["2"]


def test_of_a_live_row_and_the_snapshots_the_newer_one_stays(committed: None) -> None:
    generation = begun()
    window = boards.current(boards.GLOBAL)
    cases = [  # rev and hidden of the live row, then of the snapshot's
        ((live_rev, live_hidden), (5, hidden))
        for live_rev in (4, 5, 6)
        for live_hidden in (False, True)
        for hidden in (False, True)
    ]
    live = [
        StandingChange(window.id, user_id, 40, -40.0, is_hidden, rev)
        for user_id, ((rev, is_hidden), _) in enumerate(cases)
    ]
    project(Committed(tuple(live)))
    snapshot = [(str(user_id), keys.member(user_id), hidden) for user_id, (_, (_, hidden)) in enumerate(cases)]

    bucket = Bucket(
        0,
        revs=[text for field, _, _ in snapshot for text in (field, "5")],
        places=[text for _, member, hidden in snapshot if not hidden for text in ("-50", member)],
        hidden=[member for _, member, hidden in snapshot if hidden],
    )

    assert chunk(generation, 1, bucket)

    places = {}
    for user_id, ((rev, live_hidden), (_, hidden)) in enumerate(cases):
        if not (live_hidden if rev >= 5 else hidden):
            places[keys.member(user_id)] = "-40" if rev >= 5 else "-50"
    prefix = f"{keys.tag(window)}:{generation}"
    flat, revs = valkey().commands([("ZRANGE", f"{prefix}:ranks", 0, -1, "WITHSCORES"), ("HVALS", f"{prefix}:revs:0")])
    assert dict(zip(flat[::2], flat[1::2], strict=True)) == places
    assert revs == [str(max(rev, 5)) for (rev, _), _ in cases]


def test_a_builder_that_slept_too_long_is_replaced_and_cannot_switch(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    window = boards.current(boards.GLOBAL)

    @elsewhere
    def sleep_and_be_replaced(players: int) -> None:
        valkey().commands([("HSET", keys.meta(window), "building_until", 0)])
        rebuild(window)

    with pytest.raises(RebuildAborted):
        rebuild(window, progress=sleep_and_be_replaced)

    assert board() == [("alice", 1, 10)]
    assert meta("building_generation") == [None]


def test_a_builder_that_fails_lets_the_next_one_begin_at_once(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    window = boards.current(boards.GLOBAL)

    def lose_the_connection(players: int) -> None:
        with somebody_else() as other:
            other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])

    with pytest.raises(Error):  # Django's, which the worker outlives
        rebuild(window, progress=lose_the_connection)
    connection.close()

    rebuild(window)
    assert board() == [("alice", 1, 10)]


def test_a_rebuild_that_ends_in_the_middle_leaves_a_connection_that_works(
    arena: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    players = [Player.objects.create(id=100 * number, username=f"p{number}") for number in range(1, 9)]
    recorded(*(session(arena, player, 10) for player in players))
    monkeypatch.setattr(rebuilding, "_CHUNK_BUCKETS", 1)

    def go_away(players: int) -> None:
        raise RanksUnavailable

    with pytest.raises(RanksUnavailable):
        rebuild(boards.current(boards.GLOBAL), progress=go_away)

    assert Player.objects.count() == len(players)
    make_ranks()
    assert len(board()) == len(players)


def test_the_generation_of_a_dead_builder_is_written_no_longer(arena: Client, alice: Player) -> None:
    make_ranks()
    window = boards.current(boards.GLOBAL)
    valkey().run([ScriptCall(scripts.REBUILD_BEGIN, keys.meta(window), ["dead0001", 0])])
    begun_at = server_time_ms()
    while server_time_ms() <= begun_at:
        pass  # until its lease, of no time at all, is over

    recorded(session(arena, alice, 10))

    assert meta("building_generation") == [None]
    assert not [key for key in ranks_keys() if "dead0001" in key]


def test_old_generations_leave_nothing_behind(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    make_ranks()
    make_ranks()

    (generation,) = meta("generation")
    assert {key.split(":")[2] for key in ranks_keys()} == {"meta", generation}


def test_discarding_spares_the_generation_under_construction(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))
    window = boards.current(boards.GLOBAL)

    def discard_everything_unused(players: int) -> None:
        valkey().run([ScriptCall(scripts.DISCARD, keys.meta(window), [keys.tag(window), *ranks_keys()])])

    rebuild(window, progress=discard_everything_unused)

    assert board() == [("alice", 1, 10)]
