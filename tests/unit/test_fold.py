"""Folding steps: late, early, twice, lost, and around a read."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from realtime import board as boards
from realtime.board import Board, Diff
from realtime.fold import MOST_EARLY_STEPS, Fold
from tests.unit.test_board import board, players, ranked

histories = st.lists(players, min_size=2, max_size=8).map(
    lambda states: [board(ranked(state), seq=seq) for seq, state in enumerate(states)]
)


def steps_of(history: list[Board]) -> list[Diff]:
    return [boards.diff(before, after) for before, after in pairwise(history)]


def empty_boards(count: int) -> list[Board]:
    return [board(seq=seq) for seq in range(count)]


@given(histories, st.data())
def test_steps_in_any_order_and_twice_lead_to_the_last_state(history: list[Board], data: st.DataObject) -> None:
    fold = Fold()
    fold.adopt(history[0])

    for step in data.draw(st.permutations(steps_of(history) * 2)):
        fold.take(step)

    assert history[-1] == fold.current
    assert not fold.has_gap


@given(histories, st.data())
def test_a_read_at_any_moment_loses_nothing(history: list[Board], data: st.DataObject) -> None:
    """Ranks change before they are told: a read that begins after some steps were heard contains them."""
    steps = steps_of(history)
    heard_before = data.draw(st.integers(0, len(steps)))
    read_at = data.draw(st.integers(heard_before, len(steps)))
    fold = Fold()

    for step in steps[:heard_before]:
        fold.take(step)
    fold.begin_read()
    for step in steps[heard_before:]:
        fold.take(step)
    fold.adopt(history[read_at])

    assert history[-1] == fold.current
    assert not fold.has_gap


def test_a_lost_step_leaves_a_gap_until_the_board_is_read() -> None:
    history = empty_boards(4)
    _, second, third = steps_of(history)
    fold = Fold()
    fold.adopt(history[0])

    fold.take(second)
    fold.take(third)
    assert fold.has_gap
    assert history[0] == fold.current

    fold.begin_read()
    assert fold.adopt(history[3])
    assert not fold.has_gap


def test_a_read_that_is_older_than_what_was_folded_is_dropped() -> None:
    history = empty_boards(3)
    fold = Fold()
    fold.adopt(history[0])
    fold.begin_read()
    for step in steps_of(history):
        fold.take(step)

    assert not fold.adopt(history[1])
    assert history[2] == fold.current


def test_a_read_wins_where_the_ranks_went_back() -> None:
    history = empty_boards(3)
    fold = Fold()
    fold.adopt(history[2])

    assert fold.adopt(history[1], trusting=False)
    assert history[1] == fold.current


def test_a_step_of_another_epoch_asks_for_a_read() -> None:
    history = empty_boards(2)
    fold = Fold()
    fold.adopt(history[0])

    moved = fold.take(replace(steps_of(history)[0], epoch="m9"))

    assert not moved
    assert fold.has_gap


def test_an_early_step_of_another_epoch_is_not_taken_for_the_next_one() -> None:
    history = empty_boards(3)
    first, second = steps_of(history)
    fold = Fold()
    fold.adopt(history[0])

    fold.take(replace(second, epoch="m9"))
    fold.take(first)

    assert history[1] == fold.current
    assert fold.has_gap


def test_the_same_board_from_postgresql_again_moves_nothing() -> None:
    from_sql = replace(board(), epoch=None, seq=None, source="sql")
    later = replace(from_sql, as_of=from_sql.as_of.replace(hour=13))
    fold = Fold()

    assert fold.adopt(from_sql)
    assert not fold.adopt(later)
    assert fold.adopt(replace(later, players=1))


def test_ever_so_many_early_steps_hold_bounded_memory() -> None:
    history = empty_boards(10 * MOST_EARLY_STEPS)
    fold = Fold()
    fold.adopt(history[0])

    for step in steps_of(history)[1:]:
        fold.take(step)

    assert len(fold._early) == MOST_EARLY_STEPS
