"""Moderation: decided alone, seen everywhere, undone without loss."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from scores import boards, group_commit
from scores.ledger import Receipt, ban, unban, void_sessions
from scores.models import Client, GameSession, Player, Standing
from scores.ranking import Row, UnknownPlayer, from_sql, reads
from tests.ledger import Heard, make_ranks, receipts_of, recorded, session


@pytest.fixture(autouse=True)
def _ranks(committed: None) -> None:
    make_ranks()


def shown() -> list[tuple[str, int]]:
    """What both stores show, which must be the same."""
    ranks = [(row.username, row.total_score) for row in reads.top(boards.GLOBAL).rows]
    sql = [(row.username, row.total_score) for row in _sql_rows()]
    assert ranks == sql
    return ranks


def _sql_rows() -> tuple[Row, ...]:
    return from_sql.top(boards.current(boards.GLOBAL), limit=10, offset=0).rows


def test_a_banned_player_leaves_every_board_and_comes_back_whole(arena: Client, alice: Player, bob: Player) -> None:
    recorded(session(arena, alice, 10), session(arena, bob, 5))

    assert ban(user_id=alice.id, by=None, reason="Cheated.")
    assert shown() == [("bob", 5)]
    with pytest.raises(UnknownPlayer):
        reads.rank(boards.GLOBAL, alice.id)

    (receipt,) = recorded(session(arena, alice, 7))
    assert (receipt.status, receipt.rank, receipt.total_score) == ("banned", None, 17)
    assert shown() == [("bob", 5)]

    assert unban(user_id=alice.id, by=None, reason="Cheated.")
    assert shown() == [("alice", 17), ("bob", 5)]


def test_a_player_who_is_banned_before_the_first_session_stays_hidden(arena: Client, alice: Player) -> None:
    ban(user_id=alice.id, by=None, reason="Cheated.")

    recorded(session(arena, alice, 10))

    assert shown() == []
    unban(user_id=alice.id, by=None, reason="Cheated.")
    assert shown() == [("alice", 10)]


def test_a_decision_that_changes_nothing_says_so_and_announces_nothing(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))

    with Heard() as heard:
        assert not unban(user_id=alice.id, by=None, reason="Cheated.")
        assert not void_sessions(session_ids=[987_654], by=None, reason="Cheated.")

    assert heard == []


def test_a_void_session_counts_no_longer(arena: Client, alice: Player, bob: Player) -> None:
    kept, cheat = recorded(session(arena, alice, 10, outcome="loss"), session(arena, alice, 90, outcome="win"))
    recorded(session(arena, bob, 50))

    assert void_sessions(session_ids=[cheat.session_id], by=None, reason="Cheated.")

    assert shown() == [("bob", 50), ("alice", 10)]
    standing = Standing.objects.get(user=alice)
    assert (standing.games, standing.wins) == (1, 0)
    assert not void_sessions(session_ids=[cheat.session_id], by=None, reason="Cheated.")
    assert GameSession.objects.get(pk=kept.session_id).voided_at is None


def test_a_retry_of_a_void_session_is_answered_but_counts_for_nothing(arena: Client, alice: Player) -> None:
    once = session(arena, alice, 10, idempotency_key="k-1")
    (receipt,) = recorded(once)
    void_sessions(session_ids=[receipt.session_id], by=None, reason="Cheated.")

    (replay,) = recorded(once)

    assert (replay.session_id, replay.total_score) == (receipt.session_id, 0)


def test_after_a_ban_has_committed_no_row_of_a_storm_is_visible(arena: Client, alice: Player, bob: Player) -> None:
    committer = group_commit.Committer()
    stop = threading.Event()
    receipts: list[Receipt] = []

    def storm() -> None:
        while not stop.is_set():
            receipts.extend(receipts_of(committer.submit_many([session(arena, alice, 1), session(arena, bob, 1)])))

    with ThreadPoolExecutor(8) as pool:
        storms = [pool.submit(storm) for _ in range(8)]
        for _ in range(10):
            before = len(receipts)
            while len(receipts) < before + 100:
                stop.wait(0.001)
            ban(user_id=alice.id, by=None, reason="Cheated.")
            told = len(receipts)
            while len(receipts) < told + 100:
                assert [name for name, _ in shown_now()] == ["bob"]
            unban(user_id=alice.id, by=None, reason="Cheated.")
        stop.set()
        for future in storms:
            future.result(10)
    assert committer.drain(10)

    totals = dict(shown())
    assert totals["alice"] == totals["bob"] == len(receipts) // 2
    assert sum(totals.values()) == GameSession.objects.count()


def shown_now() -> list[tuple[str, int]]:
    """What Valkey shows; while a storm goes on, PostgreSQL would be read a moment earlier or later."""
    page = reads.top(boards.GLOBAL)
    assert page.source == "ranks"
    return [(row.username, row.total_score) for row in page.rows]
