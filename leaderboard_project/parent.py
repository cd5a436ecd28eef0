"""A child of `serve` ends with it: it holds the reading end of a pipe whose other end only `serve` has.

When `serve` ends, even by `kill -9`, the pipe ends too. Nothing of this happens where
RANKCAST_PARENT_PIPE is unset: in a container the standard input may be closed from the start.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

#: The number of the file descriptor to watch; set by `serve` for its own children only.
VARIABLE = "RANKCAST_PARENT_PIPE"
#: How long this process may take to end in good order once its parent is gone, in seconds.
_GRACE_S = 5.0


def terminate() -> None:
    """Send SIGTERM to our own main thread, where a sleep or a wait must notice it."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


def end_with_parent(end: Callable[[], None] = terminate) -> None:
    """Watch the parent's pipe from a thread and call `end` there when the parent is gone.

    Whatever still runs a few seconds later is cut off: no process of ours outlives `serve`.
    """
    # Taken out of the environment: a grandchild has no such file descriptor.
    number = os.environ.pop(VARIABLE, "")
    if not number:
        return

    def watch() -> None:
        while os.read(int(number), 1024):
            pass
        end()
        threading.Event().wait(_GRACE_S)
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()
