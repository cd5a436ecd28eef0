"""A board as everybody sees it, and the difference between two of its states.

Pure: no Django, no Valkey, no clock, no await. The law that the whole push path rests on:
`apply(before, diff(before, after)) == after`. The page obeys the same rules in JavaScript; both
sides are held to `tests/examples/board_diffs.json`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from scores.rows import BoardChange, Page, Row, Source

Verdict = Literal["apply", "ignore", "resync"]


@dataclass(frozen=True, slots=True)
class Board:
    """One state of a board's visible top.

    `rows` are in board order (rank, then user id) and hold each player once. `epoch` and `seq`
    are None where PostgreSQL answered (`source` "sql"): such a state can only be replaced.
    """

    board: str
    window: str
    epoch: str | None
    seq: int | None
    rows: tuple[Row, ...]
    players: int
    as_of: datetime
    source: Source


@dataclass(frozen=True, slots=True)
class Diff:
    """What leads from one state of a board (`from_seq`) to a later one (`seq`) of the same epoch.

    `rows` are the changed and the new ones, absolute and in board order; `gone` are the user ids
    of players who are no longer shown.
    """

    board: str
    window: str
    epoch: str
    from_seq: int
    seq: int
    rows: tuple[Row, ...]
    gone: tuple[int, ...]
    players: int
    as_of: datetime


def from_page(page: Page) -> Board:
    """The board that a page of the ranks shows."""
    return Board(
        board=page.board,
        window=page.window,
        epoch=page.epoch,
        seq=page.seq,
        rows=page.rows,
        players=page.players,
        as_of=page.as_of,
        source=page.source,
    )


def share_history(before: Board, after: Board) -> bool:
    """Whether `after` is `before` or a later state of the same epoch, so that a diff can lead there."""
    return (
        before.epoch is not None
        and before.seq is not None
        and after.seq is not None
        and (before.board, before.window, before.epoch) == (after.board, after.window, after.epoch)
        and before.seq <= after.seq
    )


def diff(before: Board, after: Board) -> Diff:
    """The difference that leads from `before` to `after`.

    Raises:
        ValueError: the two do not share their history; only a snapshot leads from one to the other.
    """
    if not share_history(before, after):
        raise ValueError("no diff leads there: the boards do not share their history")
    assert after.epoch is not None
    assert before.seq is not None
    assert after.seq is not None
    rows, gone = _row_changes(before.rows, after.rows)
    return Diff(
        board=after.board,
        window=after.window,
        epoch=after.epoch,
        from_seq=before.seq,
        seq=after.seq,
        rows=rows,
        gone=gone,
        players=after.players,
        as_of=after.as_of,
    )


def step(change: BoardChange) -> Diff:
    """The one-step diff of a board change: from `seq` - 1 to `seq`."""
    rows, gone = _row_changes(change.before, change.after)
    return Diff(
        board=change.board,
        window=change.window,
        epoch=change.epoch,
        from_seq=change.seq - 1,
        seq=change.seq,
        rows=rows,
        gone=gone,
        players=change.players,
        as_of=change.as_of,
    )


def judge(board: Board, diff: Diff) -> Verdict:
    """What a holder of `board` must do with `diff`, both of the same board.

    Returns:
        "apply" when the diff begins exactly here; "ignore" when it ends here or earlier (a
        duplicate, or late); "resync" otherwise: something is missing, or history changed. A diff
        that begins earlier and ends later cannot be applied either: a row that changed and changed
        back in between is not in it.
    """
    if board.seq is None or (board.window, board.epoch) != (diff.window, diff.epoch):
        return "resync"
    if diff.from_seq == board.seq:
        return "apply"
    return "ignore" if diff.seq <= board.seq else "resync"


def apply(board: Board, diff: Diff) -> Board:
    """The board after `diff`.

    Raises:
        ValueError: `judge` does not say "apply".
    """
    if judge(board, diff) != "apply":
        raise ValueError("the diff does not begin at this state of the board")
    rows = {row.user_id: row for row in board.rows}
    for user_id in diff.gone:
        rows.pop(user_id, None)
    rows.update((row.user_id, row) for row in diff.rows)
    in_order = sorted(rows.values(), key=lambda row: (row.rank, row.user_id))
    return replace(board, seq=diff.seq, rows=tuple(in_order), players=diff.players, as_of=diff.as_of)


def crc(rows: Iterable[Row]) -> str:
    """The fingerprint of shown rows: CRC-32 (zlib) as eight hex digits.

    >>> crc([Row(user_id=7, username="ada", rank=1, total_score=900)])
    '84bb31da'
    """
    text = ",".join(f"{row.user_id}:{row.rank}:{row.total_score}" for row in rows)
    return f"{zlib.crc32(text.encode()):08x}"


def _row_changes(before: tuple[Row, ...], after: tuple[Row, ...]) -> tuple[tuple[Row, ...], tuple[int, ...]]:
    """The changed or new rows in board order, and the user ids that left, ascending."""
    known = {row.user_id: row for row in before}
    changed = tuple(row for row in after if known.get(row.user_id) != row)
    gone = known.keys() - {row.user_id for row in after}
    return changed, tuple(sorted(gone))
