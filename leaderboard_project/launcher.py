"""`uv run` stays as the parent of what it runs: when it is gone, even by `kill -9`, `serve` is to end too.

Any other parent may leave: under nohup or an init system `serve` goes on without the shell that started it.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import PurePath


def pid_of_uv() -> int | None:
    """The process id of the `uv run` that started us, None if something else did."""
    parent = os.getppid()
    listed = subprocess.run(  # noqa: S603
        ["/bin/ps", "-o", "comm=", "-p", str(parent)], capture_output=True, text=True, check=False
    )
    return parent if PurePath(listed.stdout.strip()).name == "uv" else None


def is_gone(pid: int | None) -> bool:
    """Whether the launcher with that process id is our parent no more."""
    return pid is not None and os.getppid() != pid
