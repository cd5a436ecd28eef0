"""Where the road enters: the signal that a board's visible top changed."""

from __future__ import annotations

from typing import Any

from realtime.board import step
from realtime.broadcast import broadcast
from scores.rows import BoardChange


def tell_board_change(*, change: BoardChange, **_: Any) -> None:
    """Publish a board change as its one-step diff; runs in the committer's thread and does not wait."""
    broadcast.publish(step(change))
