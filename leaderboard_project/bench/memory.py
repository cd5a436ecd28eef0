"""How much memory processes and connections take, as Linux tells it."""

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


def unread_connections(port: int) -> int:
    """On how many connections of the server at that port the kernel holds bytes that their readers do not take."""
    table = Path("/proc/net/tcp")
    if not table.exists():
        return 0
    rows = [line.split() for line in table.read_text(encoding="ascii").splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and not row[4].startswith("00000000:") for row in rows)
