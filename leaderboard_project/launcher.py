"""`uv run` stays as the parent of what it runs: when it is gone, even by `kill -9`, `serve` is to end too.

Any other parent may leave: under nohup or an init system `serve` goes on without the shell that started it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path, PurePath


def pid_of_uv() -> int | None:
    """The process id of the `uv run` that started us, None if something else did."""
    parent = os.getppid()
    return parent if PurePath(_name(parent)).name == "uv" else None


def is_gone(pid: int | None) -> bool:
    """Whether the launcher with that process id is our parent no more."""
    return pid is not None and os.getppid() != pid


def _name(pid: int) -> str:
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
        except FileNotFoundError:  # as the first process of a container we have no parent
            return ""
    asked = ["/bin/ps", "-o", "comm=", "-p", str(pid)]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
