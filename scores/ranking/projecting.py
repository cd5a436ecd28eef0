"""Brings what was committed into the ranks, and says which visible tops changed by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from scores import boards
from scores.boards import WindowRef
from scores.changes import Committed, NameChange, Projection, StandingChange
from scores.ranking import flat, keys, names, scripts
from scores.ranking.watermarks import Watermark
from scores.rows import BoardChange
from scores.signals import board_changed
from scores.valkey import ScriptCall, valkey

#: What the script is told of each window, by its id: arguments 3 and on.
_Calls = dict[int, list[str | bytes]]


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a window's ranks have come: with some last rows they are complete up to `until`.

    Moves only where the window still stands at the mark `since`, so that of two reconcilers one moves it, and
    only in the run of Valkey that the rows before were brought to: one that was restarted may have lost them.
    """

    since: str
    run: str
    until: Watermark


def project(committed: Committed) -> Projection:
    """Bring committed standings and names into Valkey; send `board_changed` for each visible top that changed.

    Args:
        committed: rows in any order, any number of times: an older rev than the one stored is ignored.

    Returns:
        Ranks by (window id, user id). None for hidden players and windows without ranks.

    Raises:
        RanksUnavailable: nothing is promised to be written; the reconciler repairs within a second or two.
    """
    by_window = _by_window(committed.standings)
    calls: _Calls = {window_id: [_packed(changes), "1"] for window_id, changes in by_window.items()}
    ranks: dict[tuple[int, int], int] = {}
    for window_id, places in _bring(committed.names, calls):
        for change, rank in zip(by_window[window_id], places, strict=True):
            if rank is not None:
                ranks[window_id, change.user_id] = rank
    return Projection(ranks)


def catch_up(committed: Committed, advances: Mapping[int, Advance] | None = None) -> None:
    """As `project`, for rows that mostly are in Valkey already, and whose ranks nobody asks for.

    Args:
        committed: as `project`.
        advances: by window id, for windows whose watermark moves with these rows.

    Raises:
        RanksUnavailable: as `project`.
    """
    by_window = _by_window(committed.standings)
    calls: _Calls = {window_id: [_packed(changes), ""] for window_id, changes in by_window.items()}
    for window_id, advance in (advances or {}).items():
        calls.setdefault(window_id, [_packed(()), ""]).extend((advance.since, advance.run, *advance.until.fields()))
    for _ in _bring(committed.names, calls):
        pass  # each answer is heard for the change of the top that it may tell


def _by_window(changes: Iterable[StandingChange]) -> dict[int, list[StandingChange]]:
    by_window: dict[int, list[StandingChange]] = {}
    for change in changes:
        by_window.setdefault(change.window_id, []).append(change)
    return by_window


def _bring(new_names: Sequence[NameChange], calls: _Calls) -> Iterator[tuple[int, Sequence[int | None]]]:
    """Bring in names, and rows by the id of their window; the places of the rows, where the window has ranks."""
    windows = [boards.by_id(window_id) for window_id in calls]
    # Names first: a row must not be seen before its name.
    name_calls = names.remember_calls(new_names)
    row_calls = [
        ScriptCall(scripts.PROJECT, keys.meta(window), [keys.tag(window), keys.VISIBLE_TOP, *calls[window.id]])
        for window in windows
    ]
    answers = valkey().run([*name_calls, *row_calls])[len(name_calls) :]
    for window, answer in zip(windows, answers, strict=True):
        if not answer:
            continue  # no ranks: only a rebuild makes them, or one submit would make a board of one player
        places, *change_of_top = answer
        if change_of_top:
            _send_change(window, change_of_top)
        yield window.id, places


def _packed(rows: Iterable[StandingChange]) -> bytes:
    """Rows as the script takes them; sort keys and revs as texts, see prelude.lua."""
    flat_rows: list[str] = []
    for row in rows:
        flat_rows += (
            keys.member(row.user_id),
            keys.sort_key_text(row.sort_key),
            str(row.rev),
            "1" if row.hidden else "0",
        )
    return msgspec.msgpack.encode(flat_rows)


def _send_change(window: WindowRef, change_of_top: Sequence[Any]) -> None:
    epoch, seq, players, before, after, touched = change_of_top
    usernames = names.usernames(flat.user_ids(before) + flat.user_ids(after))
    # What the touched were called before is not known any more; by any other name their rows differ.
    former = usernames | dict.fromkeys(map(int, touched), "")
    change = BoardChange(
        board=window.board,
        window=window.window,
        epoch=epoch,
        seq=seq,
        as_of=datetime.now(UTC),
        players=players,
        before=flat.rows(before, former, offset=0, first_rank=1),
        after=flat.rows(after, usernames, offset=0, first_rank=1),
    )
    board_changed.send_robust(sender=BoardChange, change=change)
