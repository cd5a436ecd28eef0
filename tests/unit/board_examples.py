"""The examples of diffs and snapshots that the Python and the JavaScript tests share.

After a deliberate change `UPDATE_EXAMPLES=1 uv run pytest tests/unit/test_board_examples.py` writes the
file anew; without it that test fails where the file differs from what stands here.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace as changed

from realtime import board as boards
from realtime import messages
from realtime.board import Board
from scores.rows import Row

FILE = Path(__file__).resolve().parent.parent / "examples" / "board_diffs.json"
NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)

alice = Row(user_id=1, username="alice", rank=1, total_score=900)
bob = Row(user_id=2, username="bob", rank=2, total_score=700)
charlie = Row(user_id=3, username="charlie", rank=3, total_score=500)


def _board(*rows: Row, seq: int, players: int | None = None) -> Board:
    return Board(
        board="global",
        window="all",
        epoch="k3",
        seq=seq,
        rows=rows,
        players=len(rows) if players is None else players,
        as_of=NOON + timedelta(seconds=seq),
        source="ranks",
    )


def _ranked(*totals: tuple[int, str, int]) -> tuple[Row, ...]:
    """Rows in board order from (user id, name, total): ties share a rank."""
    in_order = sorted(totals, key=lambda player: (-player[2], player[0]))
    return tuple(
        Row(user_id=user_id, username=name, rank=1 + sum(other[2] > total for other in totals), total_score=total)
        for user_id, name, total in in_order
    )


def _step(name: str, before: Board, after: Board) -> dict[str, Any]:
    """A diff that applies."""
    frame = messages.diff_frame(boards.diff(before, after))
    return _example(name, before, frame, "apply", after)


def _example(
    name: str, before: Board, frame: messages.ServerFrame, outcome: boards.Verdict, after: Board
) -> dict[str, Any]:
    return {
        "name": name,
        "before": _wire(messages.snapshot(before)),
        "frame": _wire(frame),
        "outcome": outcome,
        "after": _wire(messages.snapshot(after)),
        "crc": boards.crc(after.rows),
    }


def _wire(frame: messages.ServerFrame) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(messages.encode(frame).text)
    return plain


def _build() -> list[dict[str, Any]]:  # a list of examples; long because they are many
    three = _board(alice, bob, charlie, seq=7)
    risen = _board(*_ranked((1, "alice", 900), (2, "bob", 700), (3, "charlie", 1000)), seq=8)
    later = _board(*_ranked((1, "alice", 1200), (2, "bob", 700), (3, "charlie", 1000)), seq=9)
    step = messages.diff_frame(boards.diff(three, risen))
    next_step = messages.diff_frame(boards.diff(risen, later))
    wide = messages.diff_frame(boards.diff(three, later))
    ten = _board(*_ranked(*((n, f"player{n}", 1000 - n) for n in range(1, 11))), seq=40, players=12)
    eleventh = _ranked(*((n, f"player{n}", 1000 - n) for n in range(1, 10)), (11, "player11", 5000))
    other_epoch = replace(risen, epoch="m9", seq=1)
    sql = replace(three, epoch=None, seq=None, source="sql")
    return [
        _step("a player rises past two others", three, risen),
        _step(
            "a total changes and every rank stays", three, _board(changed(alice, total_score=950), bob, charlie, seq=8)
        ),
        _step("a total falls after a void", three, _board(changed(alice, total_score=701), bob, charlie, seq=8)),
        _step("one diff leads over several steps", three, later),
        _step("nothing shown differs, only the count of players", three, replace(three, seq=8, players=4)),
        _step(
            "two players tie and share a rank, the smaller user id first",
            three,
            _board(*_ranked((1, "alice", 900), (2, "bob", 900), (3, "charlie", 500)), seq=8),
        ),
        _step(
            "a tie of three is broken",
            _board(*_ranked((3, "charlie", 10), (1, "alice", 10), (2, "bob", 10)), seq=3),
            _board(*_ranked((3, "charlie", 11), (1, "alice", 10), (2, "bob", 10)), seq=4),
        ),
        _step("the tenth leaves and another enters", ten, replace(ten, rows=eleventh, seq=41)),
        _step(
            "a player leaves and nobody follows (a ban on a small board)",
            three,
            _board(*_ranked((2, "bob", 700), (3, "charlie", 500)), seq=8),
        ),
        _step("the last player leaves", _board(alice, seq=1), _board(seq=2)),
        _step("the first player enters an empty board", _board(seq=0), _board(alice, seq=1)),
        _step("a player is renamed", three, _board(alice, changed(bob, username="robert"), charlie, seq=8)),
        _step(
            "names beyond ASCII, markup and quotes are only text",
            three,
            _board(
                changed(alice, username="Zoë 🏆"),
                changed(bob, username='<b>bob</b> & "co" \\ \u202e'),
                changed(charlie, username="李小龍"),
                seq=8,
            ),
        ),
        _step(
            "the largest total survives as a number",
            three,
            _board(changed(alice, total_score=2**53 - 1), bob, charlie, seq=8),
        ),
        _example("the same diff a second time is ignored", risen, step, "ignore", risen),
        _example("a diff that ends here or earlier is ignored", later, step, "ignore", later),
        _example("a diff that begins later shows a gap", three, next_step, "resync", three),
        _example("a diff that begins earlier and ends later cannot be applied", risen, wide, "resync", risen),
        _example(
            "a diff of another epoch cannot be applied, even where the numbers fit",
            three,
            msgspec.structs.replace(step, epoch="m9"),
            "resync",
            three,
        ),
        _example(
            "a diff of another window cannot be applied",
            three,
            msgspec.structs.replace(step, window="2026-W47"),
            "resync",
            three,
        ),
        _example("a board from PostgreSQL takes no diff", sql, step, "resync", sql),
        _example(
            "a snapshot of another epoch replaces everything",
            later,
            messages.snapshot(other_epoch),
            "apply",
            other_epoch,
        ),
        _example("a snapshot replaces even a later state", later, messages.snapshot(three), "apply", three),
        _example("a snapshot from PostgreSQL has neither epoch nor seq", three, messages.snapshot(sql), "apply", sql),
        _example("a snapshot of an empty board", three, messages.snapshot(_board(seq=8)), "apply", _board(seq=8)),
    ]


def text() -> str:
    return json.dumps(_build(), ensure_ascii=False, indent=2) + "\n"
