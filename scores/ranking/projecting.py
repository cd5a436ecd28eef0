"""Brings what was committed into the ranks, and says which visible tops changed by it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from scores import boards
from scores.boards import WindowRef
from scores.changes import Committed, Projection, StandingChange
from scores.ranking import flat, keys, names, scripts
from scores.rows import BoardChange
from scores.signals import board_changed
from scores.valkey import ScriptCall, valkey


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a window's ranks have come: rows read from the snapshot `since` bring them to `until`.

    Moves only where the window still stands at `since`: of two reconcilers one moves it.
    """

    since: str
    until: str


def project(committed: Committed, advances: dict[int, Advance] | None = None) -> Projection:
    """Bring committed standings and names into Valkey; send `board_changed` for each visible top that changed.

    Args:
        committed: rows in any order, any number of times: an older rev than the one stored is ignored.
        advances: by window id, for windows whose watermark moves with these rows.

    Returns:
        Ranks by (window id, user id). None for hidden players and windows without ranks.

    Raises:
        RanksUnavailable: nothing is promised to be written; the reconciler repairs within a second or two.
    """
    by_window: dict[int, list[StandingChange]] = {}
    for change in committed.standings:
        by_window.setdefault(change.window_id, []).append(change)
    for window_id in advances or {}:
        by_window.setdefault(window_id, [])
    windows = [boards.by_id(window_id) for window_id in by_window]

    # Names first: a row must not be seen before its name.
    name_calls = names.remember_calls(committed.names)
    calls = [_call(window, by_window[window.id], (advances or {}).get(window.id)) for window in windows]
    answers = valkey().run([*name_calls, *calls])[len(name_calls) :]

    ranks: dict[tuple[int, int], int] = {}
    for window, answer in zip(windows, answers, strict=True):
        if not answer:
            continue  # no ranks: only a rebuild makes them, or one submit would make a board of one player
        places, *change_of_top = answer
        for change, rank in zip(by_window[window.id], places, strict=True):
            if rank is not None:
                ranks[window.id, change.user_id] = rank
        if change_of_top:
            _send_change(window, change_of_top)
    return Projection(ranks)


def _call(window: WindowRef, changes: Sequence[StandingChange], advance: Advance | None) -> ScriptCall:
    since, until = (advance.since, advance.until) if advance else ("", "")
    return ScriptCall(
        scripts.PROJECT, keys.meta(window), [keys.tag(window), keys.VISIBLE_TOP, since, until, _packed(changes)]
    )


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
