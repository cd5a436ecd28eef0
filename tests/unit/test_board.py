"""The law of the boards, on boards of every shape."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime import board as boards
from realtime.board import Board
from scores.rows import BoardChange, Page, Row

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)

players = st.dictionaries(
    st.integers(1, 14),
    st.tuples(st.sampled_from(["alice", "bob", "charlie", "李", ""]), st.integers(0, 5)),
    max_size=10,
)


def ranked(totals: dict[int, tuple[str, int]]) -> tuple[Row, ...]:
    """Rows in board order; players with equal totals share a rank."""
    scores = [total for _, total in totals.values()]
    in_order = sorted(totals.items(), key=lambda player: (-player[1][1], player[0]))
    return tuple(
        Row(user_id=user_id, username=name, rank=1 + sum(other > total for other in scores), total_score=total)
        for user_id, (name, total) in in_order
    )


def board(rows: tuple[Row, ...] = (), *, seq: int = 7) -> Board:
    return Board("global", "all", "k3", seq, rows, players=len(rows), as_of=NOON, source="ranks")


@given(players, players, st.integers(0, 5))
def test_a_diff_leads_from_any_state_to_any_later_one(
    before: dict[int, tuple[str, int]], after: dict[int, tuple[str, int]], steps: int
) -> None:
    old, new = board(ranked(before), seq=7), board(ranked(after), seq=7 + steps)

    assert new == boards.apply(old, boards.diff(old, new))


@given(st.lists(players, min_size=2, max_size=6))
def test_one_diff_over_many_steps_leads_where_the_steps_lead(states: list[dict[int, tuple[str, int]]]) -> None:
    history = [board(ranked(state), seq=seq) for seq, state in enumerate(states)]

    walked = history[0]
    for before, after in pairwise(history):
        walked = boards.apply(walked, boards.diff(before, after))

    assert boards.apply(history[0], boards.diff(history[0], history[-1])) == walked


@given(players, players)
def test_the_step_of_a_change_is_the_diff_of_its_two_sides(
    before: dict[int, tuple[str, int]], after: dict[int, tuple[str, int]]
) -> None:
    old, new = board(ranked(before), seq=7), board(ranked(after), seq=8)
    change = BoardChange("global", "all", "k3", 8, NOON, len(after), before=old.rows, after=new.rows)

    assert boards.diff(old, new) == boards.step(change)


@given(players)
def test_nothing_is_said_about_rows_that_stay(state: dict[int, tuple[str, int]]) -> None:
    same = board(ranked(state))

    diff = boards.diff(same, replace(same, seq=8))

    assert (diff.rows, diff.gone) == ((), ())


@pytest.mark.parametrize(
    "other",
    [
        replace(board(), epoch="m9"),
        replace(board(), window="2026-W47"),
        replace(board(), board="arena"),
        replace(board(), seq=6),
        replace(board(), epoch=None, seq=None, source="sql"),
    ],
    ids=["another epoch", "another window", "another board", "an earlier state", "a state from PostgreSQL"],
)
def test_no_diff_leads_out_of_the_history(other: Board) -> None:
    with pytest.raises(ValueError, match="history"):
        boards.diff(board(), other)


def test_no_diff_leads_away_from_a_state_of_postgresql() -> None:
    from_sql = replace(board(), epoch=None, seq=None, source="sql")

    assert not boards.share_history(from_sql, from_sql)


def test_a_diff_that_does_not_begin_here_is_not_applied() -> None:
    diff = boards.diff(board(seq=3), board(seq=4))

    with pytest.raises(ValueError, match="does not begin"):
        boards.apply(board(seq=4), diff)


def test_the_board_of_a_page_shows_what_the_page_shows() -> None:
    shown = board(ranked({7: ("ada", 900)}))
    page = Page("global", "all", "k3", 7, NOON, 1, "ranks", shown.rows)

    assert boards.from_page(page) == shown


def test_the_fingerprint_is_the_crc_of_user_rank_and_total() -> None:
    rows = ranked({7: ("ada", 900), 3: ("bob", 900)})

    assert f"{zlib.crc32(b'3:1:900,7:1:900'):08x}" == boards.crc(rows)
    assert boards.crc(()) == "00000000"
