"""The machine's processes: read from /proc, or asked of `ps` where there is none (a slim image has no `ps`)."""

from __future__ import annotations

import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """One process, zombies left out."""

    pid: int
    parent: int
    user: str
    command: str


def all_processes() -> dict[int, Process]:
    """Everything that runs now, by process id."""
    rows = _from_proc() if (_PROC / "self" / "stat").exists() else _from_ps()
    return {row.pid: row for row in rows}


def descendants(pid: int) -> dict[int, str]:
    """Every process below `pid` with its command line: sessions and groups of their own do not hide them."""
    everything = all_processes()
    found: dict[int, str] = {}
    parents = {pid}
    while parents:
        children = {each.pid: each.command for each in everything.values() if each.parent in parents}
        found |= children
        parents = set(children)
    return found


def living(pids: Sequence[int]) -> list[Process]:
    """Those of the processes that still run."""
    everything = all_processes()
    return [everything[pid] for pid in pids if pid in everything]


def user_of(pid: int) -> str:
    """Who runs the process."""
    return all_processes()[pid].user


def _from_proc() -> list[Process]:
    found = []
    for entry in _PROC.iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            # The command's name stands in brackets and may hold brackets too: what follows the last one counts.
            state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            user = pwd.getpwuid(entry.stat().st_uid).pw_name
        except (OSError, KeyError):
            continue  # it ended while we looked, or belongs to nobody we know
        if state != "Z":
            found.append(Process(int(entry.name), int(parent), user, command))
    return found


def _from_ps() -> list[Process]:
    listed = subprocess.run(
        ["ps", "-axwwo", "pid=,ppid=,stat=,user=,command="], capture_output=True, text=True, check=True
    )
    rows = [line.split(None, 4) for line in listed.stdout.splitlines()]
    return [Process(int(row[0]), int(row[1]), row[3], row[4]) for row in rows if not row[2].startswith("Z")]
