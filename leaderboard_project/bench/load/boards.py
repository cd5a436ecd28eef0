r"""What a viewer makes of the frames: an independent reading of the protocol, shared with no code of the server.

>>> said = rb'{"type":"diff","from":1,"seq":2,"rows":[{"user_id":1,"username":"a","rank":1,"total_score":7}]}'
>>> Meaning.of(said, re.compile(rb'"username": ?"a"[^}]*"total_score": ?(\d+)'))
Meaning(total=7, seq=2)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple, Self

_SEQ = re.compile(rb'"seq":(\d+)')


def total_of(username: str) -> re.Pattern[bytes]:
    """Finds a player's total score, in the product's frames and in those of the plain way."""
    return re.compile(rb'"username": ?"%s"[^}]*"total_score": ?(\d+)' % re.escape(username).encode())


class Meaning(NamedTuple):
    """What a frame tells about the one player that is looked for, and the seq that it leads to."""

    total: int | None
    seq: int | None

    @classmethod
    def of(cls, text: bytes, total: re.Pattern[bytes]) -> Self:
        """Read one frame."""
        found, seq = total.search(text), _SEQ.search(text)
        return cls(int(found[1]) if found else None, int(seq[1]) if seq else None)


def folded(texts: Iterable[bytes]) -> dict[str, Any]:
    """The board that a viewer shows after these frames: epoch, seq, and rows in the order of the board."""
    board: dict[str, Any] = {"epoch": None, "seq": None, "rows": []}
    for frame in map(json.loads, texts):
        if frame.get("type") == "snapshot":
            board = {name: frame[name] for name in board}
        elif frame.get("type") == "diff" and (frame["epoch"], frame["from"]) == (board["epoch"], board["seq"]):
            kept = {row["user_id"]: row for row in board["rows"]}
            for user_id in frame["gone"]:
                kept.pop(user_id, None)
            kept.update({row["user_id"]: row for row in frame["rows"]})
            rows = sorted(kept.values(), key=lambda row: (row["rank"], row["user_id"]))
            board = {"epoch": frame["epoch"], "seq": frame["seq"], "rows": rows}
    return board
