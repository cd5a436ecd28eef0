"""What processes and connections take of the machine, as Linux tells it."""

from __future__ import annotations

import os
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


def processor_s(pids: Iterable[int]) -> float:
    """The processor time that these processes have taken so far, in seconds; 0 where the system does not tell.

    Unlike a rate it hardly depends on what else the machine does.
    """
    try:
        rows = [_stat(pid) for pid in pids]
    except OSError:
        return 0.0
    return sum(int(row[11]) + int(row[12]) for row in rows) / os.sysconf("SC_CLK_TCK")


def server_processor_s(pid: int) -> float:
    """The same for a server and all processes that it has started: PostgreSQL has one for each connection."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
        ended = sum(int(ticks) for ticks in _stat(pid)[13:15]) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return processor_s([pid])
    # One at a time: one that ends meanwhile is missing alone.
    return ended + processor_s([pid]) + sum(processor_s([int(child)]) for child in children)


def _stat(pid: int) -> list[str]:
    # The command's name stands in brackets and may hold brackets too: what follows the last one counts.
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()


def unread_connections(port: int) -> int:
    """On how many connections of the server at that port the kernel holds bytes that their readers do not take."""
    table = Path("/proc/net/tcp")
    if not table.exists():
        return 0
    rows = [line.split() for line in table.read_text(encoding="ascii").splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and not row[4].startswith("00000000:") for row in rows)
