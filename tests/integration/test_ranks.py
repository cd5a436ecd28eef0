"""Ranks: Valkey and PostgreSQL give the same answers, and both those of a three-line oracle."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scores import boards
from scores.changes import Committed, NameChange, StandingChange
from scores.ledger import MAXIMUM
from scores.models import Client, Player
from scores.ranking import Page, UnknownPlayer, from_sql, keys, reads
from scores.ranking.projecting import project
from scores.rows import Row
from scores.valkey import Valkey, valkey
from tests.faults.inside import stuck
from tests.ledger import make_ranks, recorded, session

Totals = Mapping[int, int]


def oracle(totals: Totals) -> list[Row]:
    """The whole board: better totals first, equal ones by user id; rank is 1 + the number of better ones."""
    ordered = sorted(totals.items(), key=lambda item: (-item[1], item[0]))
    return [Row(user, f"p{user}", 1 + sum(t > total for t in totals.values()), total) for user, total in ordered]


def around(rows: Sequence[Row], user_id: int, limit: int) -> list[Row]:
    place = next(index for index, row in enumerate(rows) if row.user_id == user_id)
    offset = max(0, min(place - limit // 2, len(rows) - limit))
    return list(rows[offset : offset + limit])


def store(totals: Totals) -> None:
    """Makes these totals the board, in PostgreSQL and in Valkey."""
    Player.objects.bulk_create([Player(id=user_id, username=f"p{user_id}") for user_id in totals])
    client = Client.objects.get_or_create(name="arena")[0]
    recorded(*(session(client, Player(id=user_id), total) for user_id, total in totals.items()))
    make_ranks()


def both(page_of: str, *arguments: object, **more: object) -> tuple[Page, Page]:
    """The same question to Valkey and to PostgreSQL."""
    window = boards.current(boards.GLOBAL)
    ranks: Page = getattr(reads, page_of)(boards.GLOBAL, *arguments, **more)
    sql: Page = getattr(from_sql, page_of)(window, *arguments, **more)
    assert (ranks.source, sql.source) == ("ranks", "sql")
    return ranks, sql


@pytest.mark.parametrize("seed", range(6))
def test_top_rank_and_around_are_those_of_the_oracle(committed: None, seed: int) -> None:
    chance = random.Random(seed)
    scores = [chance.choice([0, 1, 2, 3, 50, MAXIMUM]) for _ in range(3)]  # few values: ties everywhere
    totals = {user_id: chance.choice(scores) for user_id in chance.sample(range(1, 10**6), 40)}
    store(totals)
    board = oracle(totals)

    for _ in range(60):
        offset, limit = chance.randrange(45), chance.randrange(1, 15)
        for page in both("top", limit=limit, offset=offset):
            assert list(page.rows) == board[offset : offset + limit]
            assert page.players == len(totals)
        user_id = chance.choice(list(totals))
        for page in both("around", user_id, limit=limit):
            assert list(page.rows) == around(board, user_id, limit)
        for page in both("rank", user_id):
            assert page.rows == (next(row for row in board if row.user_id == user_id),)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(
        st.tuples(
            st.integers(1, 300),
            st.one_of(st.integers(0, 3), st.integers(0, MAXIMUM)),
            st.booleans(),
            st.integers(1, 50),
        ),
        max_size=40,
    ),
    data=st.data(),
)
def test_rows_in_any_order_and_number_give_the_board_of_the_newest(
    committed: None, changes: list[tuple[int, int, bool, int]], data: st.DataObject
) -> None:
    valkey().commands([("FLUSHALL",)])  # every example begins with an empty board
    make_ranks()
    window_id = boards.current(boards.GLOBAL).id
    newest: dict[int, StandingChange] = {}
    told = []
    for user_id, total, hidden, rev in {
        (user, rev): change for change in changes for user, *_, rev in [change]
    }.values():
        change = StandingChange(window_id, user_id, total, -float(total), hidden, rev)
        told.append(change)
        if user_id not in newest or newest[user_id].rev < rev:
            newest[user_id] = change
    shuffled = data.draw(st.permutations(told + told[::2]))
    names = tuple(NameChange(user_id, f"p{user_id}", 1) for user_id in newest)

    middle = len(shuffled) // 2
    project(Committed(tuple(shuffled[:middle]), names))
    project(Committed(tuple(shuffled[middle:])))

    shown = {change.user_id: change.total_score for change in newest.values() if not change.hidden}
    page = reads.top(boards.GLOBAL, limit=100)
    assert page.source == "ranks"
    assert list(page.rows) == oracle(shown)


def test_equal_totals_share_a_rank(committed: None) -> None:
    store({1: 30, 2: 20, 3: 20, 4: 10})

    assert [row.rank for row in reads.top(boards.GLOBAL).rows] == [1, 2, 2, 4]


def test_a_player_whom_the_board_does_not_show_is_unknown(committed: None, alice: Player) -> None:
    make_ranks()

    with pytest.raises(UnknownPlayer):
        reads.rank(boards.GLOBAL, alice.id)
    with pytest.raises(UnknownPlayer):
        from_sql.rank(boards.current(boards.GLOBAL), alice.id)


def test_the_largest_total_is_exact(committed: None) -> None:
    store({1: MAXIMUM, 2: MAXIMUM - 1})

    assert [row.total_score for row in reads.top(boards.GLOBAL).rows] == [MAXIMUM, MAXIMUM - 1]


def test_without_meta_nothing_is_written_and_postgresql_answers(committed: None, arena: Client, alice: Player) -> None:
    (receipt,) = recorded(session(arena, alice, 10))

    page = reads.top(boards.GLOBAL)

    assert receipt.rank is None
    assert (page.source, page.epoch, page.seq) == ("sql", None, None)
    assert [row.username for row in page.rows] == ["alice"]
    assert valkey().commands([("EXISTS", keys.meta(boards.current(boards.GLOBAL)))]) == [0]


def test_a_name_that_valkey_lacks_is_read_from_postgresql_and_kept(committed: None) -> None:
    store({1: 30})
    valkey().commands([("DEL", keys.names(0))])

    assert reads.top(boards.GLOBAL).rows[0].username == "p1"
    assert valkey().commands([("HGET", keys.names(0), 1)])[0].endswith(":p1")


def test_an_older_name_never_replaces_a_newer_one(committed: None) -> None:
    store({1: 30})

    project(Committed(names=(NameChange(1, "stale", 0),)))

    assert reads.top(boards.GLOBAL).rows[0].username == "p1"


def test_keys_that_were_made_by_somebody_else_do_no_harm(committed: None) -> None:
    store({1: 30})
    generation = valkey().commands([("HGET", keys.meta(boards.current(boards.GLOBAL)), "generation")])[0]
    ranks = f"{{global:all}}:{generation}:ranks"
    valkey().commands([("DEL", ranks), ("SET", ranks, "foreign")])

    page = reads.top(boards.GLOBAL)

    assert page.source == "sql"
    assert [row.username for row in page.rows] == ["p1"]


@pytest.mark.usefixtures("committed")
def test_a_hiccup_of_valkey_while_postgresql_is_away_is_got_over(monkeypatch: pytest.MonkeyPatch) -> None:
    store({1: 30, 2: 20})
    there, nobody = valkey(), Valkey("redis://127.0.0.1:1/0")
    asked = iter([nobody])
    monkeypatch.setattr("scores.ranking.reads.valkey", lambda: next(asked, there))

    with stuck("leaderboard"):
        page = reads.top(boards.GLOBAL)

    assert (page.source, [row.user_id for row in page.rows]) == ("ranks", [1, 2])
