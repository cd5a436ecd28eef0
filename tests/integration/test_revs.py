"""The order of revs is the order of commits: everything after the commit rests on it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from scores import boards
from scores.ledger import SubmittedSession, record
from scores.models import Client, Player
from tests.faults.inside import conninfo

_THREADS = 50
_UPDATES = 200


@pytest.fixture
def standing(alice: Player, arena: Client) -> tuple[int, int]:
    record([SubmittedSession(client_id=arena.id, user_id=alice.id, score=0, game_mode="survival")])
    return boards.current(boards.GLOBAL).id, alice.id


def _raise_total(where: str, window_id: int, user_id: int) -> list[tuple[int, int]]:
    """Updates the row again and again; each total is larger by one, so totals tell the order of commits."""
    told = []
    with psycopg.connect(where, autocommit=True) as own:
        for _ in range(_UPDATES):
            row = own.execute(
                "UPDATE leaderboard SET total_score = total_score + 1 WHERE window_id = %s AND user_id = %s"
                " RETURNING total_score, rev",
                (window_id, user_id),
            ).fetchone()
            assert row is not None
            told.append(row)
    return told


def test_the_order_of_revs_is_the_order_of_commits_of_one_row(standing: tuple[int, int]) -> None:
    where = conninfo()  # asked here: it reads the connection of this thread

    with ThreadPoolExecutor(_THREADS) as pool:
        told = [row for rows in pool.map(lambda _: _raise_total(where, *standing), range(_THREADS)) for row in rows]

    revs_in_order_of_commits = [rev for _, rev in sorted(told)]
    assert len(revs_in_order_of_commits) == _THREADS * _UPDATES
    assert revs_in_order_of_commits == sorted(set(revs_in_order_of_commits))
