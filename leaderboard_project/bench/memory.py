"""How much memory processes take, as Linux tells it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

_PRIVATE = re.compile(r"^(?:Private_Clean|Private_Dirty):\s*(\d+) kB$", re.MULTILINE)


def private_bytes(pids: Iterable[int]) -> int | None:
    """The memory that these processes alone hold; None where the system does not tell."""
    try:
        texts = [Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii") for pid in pids]
    except OSError:
        return None
    return sum(int(kib) * 1024 for text in texts for kib in _PRIVATE.findall(text))
