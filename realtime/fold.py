"""Folding one-step diffs into the current state of a board, in whatever order they arrive.

Pure. Steps of different processes overtake each other, arrive twice or not at all; a read of the
ranks may be older or newer than what was folded meanwhile.
"""

from __future__ import annotations

from realtime.board import Board, Diff, apply, judge, share_history

#: More early steps than this are not kept: a read brings them all at once.
MOST_EARLY_STEPS = 64


class Fold:
    """The newest state of one board that can be known from the steps and reads so far."""

    def __init__(self) -> None:
        self.current: Board | None = None
        self._early: dict[int, Diff] = {}

    @property
    def has_gap(self) -> bool:
        """Whether a step is at hand that does not follow from the current state."""
        return bool(self._early)

    def take(self, step: Diff) -> bool:
        """Fold in one step; whether the current state moved.

        A step that does not fit yet is kept until the missing ones arrive or a read is adopted.
        """
        verdict = "resync" if self.current is None else judge(self.current, step)
        if verdict == "ignore":
            return False
        if verdict == "resync":
            if len(self._early) < MOST_EARLY_STEPS:
                self._early[step.from_seq] = step
            return False
        assert self.current is not None
        self.current = apply(self.current, step)
        self._catch_up()
        return True

    def begin_read(self) -> None:
        """Forget the early steps: a read that begins now contains them, because ranks change before they are told."""
        self._early.clear()

    def adopt(self, read: Board, *, trusting: bool = True) -> bool:
        """Take over what a read found; whether the current state moved.

        Args:
            read: the board as read after `begin_read`.
            trusting: drop a read that is older than what was folded while it was under way. False
                where the ranks themselves went back: then the read wins.
        """
        before = self.current
        overtaken = trusting and before is not None and share_history(read, before)
        if not overtaken and not (before is not None and _shows_the_same(before, read)):
            self.current = read
        self._catch_up()
        return self.current is not before

    def _catch_up(self) -> None:
        """Apply the early steps that follow now, and drop those that are behind."""
        assert self.current is not None
        while self.current.seq is not None and (step := self._early.pop(self.current.seq, None)) is not None:
            if judge(self.current, step) != "apply":
                self._early[step.from_seq] = step
                break
            self.current = apply(self.current, step)
        for from_seq, step in list(self._early.items()):
            if judge(self.current, step) == "ignore":
                del self._early[from_seq]


def _shows_the_same(one: Board, other: Board) -> bool:
    """Whether nobody could tell the two states apart but by the time they were read."""
    return (one.window, one.epoch, one.seq, one.source, one.rows, one.players) == (
        other.window,
        other.epoch,
        other.seq,
        other.source,
        other.rows,
        other.players,
    )
