"""What every program of ours that makes load has in common: where it hears what to do, and when it ends."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from os import _exit
from typing import Any

import uvloop

from leaderboard_project.bench.load.spec import Load, Loaded


def run(work: Callable[[Load], Coroutine[Any, Any, Loaded]]) -> None:
    """Read a `Load` from the standard input, do it, write what came of it, and end; at once where the input does."""
    load = Load.decoded(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    began = time.process_time()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        loaded = runner.run(work(load))
    sys.stdout.write(replace(loaded, cpu_s={"client": time.process_time() - began}).encoded())
    sys.stdout.flush()
    _exit(0)  # the thread still stands in its read


def _end_with_parent() -> None:
    sys.stdin.read()
    _exit(1)
