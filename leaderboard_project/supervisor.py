"""Keeps the children of `serve` and the embedded servers running, and ends them in order."""

from __future__ import annotations

import logging
import signal
import time
from collections.abc import Callable, Sequence
from types import FrameType

from leaderboard_project import launcher
from leaderboard_project.children import Child
from leaderboard_project.embedded.errors import EmbeddedError
from leaderboard_project.embedded.pair import Pair

logger = logging.getLogger(__name__)

#: How often the children are looked at, in seconds.
_LOOK_EVERY_S = 0.1
#: How long a server that does not come up again is left alone, in seconds.
_PAUSE_S = 5.0
#: A child that ends so often before the first readiness will never start: there is something to repair first.
_ENDS_TOO_OFTEN = 3
#: How long the children may take to end, in seconds: the web processes' own grace and a little more.
_STOP_S = 15.0


class NeverReady(Exception):
    """A child ends again and again before anything was served; the message names it."""


class Supervisor:
    """Runs children until a signal; afterwards none of them is left."""

    def __init__(self, children: Sequence[Child], pair: Pair | None, *, once_ready: Sequence[Child] = ()) -> None:
        """Take charge of `children`, in the order in which they start, and of the pair if it is ours.

        Those of `once_ready` start when the others serve: until then they would only take their time.
        """
        self._children = list(children)
        self._once_ready = once_ready
        self._pair = pair
        # Plain flags: a handler that sets an Event may interrupt that event's own wait in this
        # thread, and then stands for ever before a lock that the wait holds.
        self._stopping = False
        self._hurrying = False
        self._launcher = launcher.pid_of_uv()
        self._servers_at = 0.0

    def run(
        self,
        *,
        is_ready: Callable[[], bool],
        when_ready: Callable[[], object],
        when_stopping: Callable[[], object],
    ) -> None:
        """Start the children, call `when_ready` once `is_ready()`, and stay until SIGTERM or Ctrl-C.

        A second signal ends the children without waiting for open requests. The signals' handlers
        stay in place, so that no third one can interrupt the servers' own end.

        Raises:
            NeverReady: a child does not start at all.
        """
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup, a closed terminal is to be survived
            signal.signal(signal.SIGHUP, self._on_signal)
        try:
            _start(self._children)
            ready = False
            while not self._stopping and not launcher.is_gone(self._launcher):
                if not ready and is_ready():
                    ready = True
                    when_ready()
                    _start(self._once_ready)
                    self._children += self._once_ready
                self._look_after_servers()
                self._look_after_children(ready=ready)
                time.sleep(_LOOK_EVERY_S)
        finally:
            when_stopping()
            self._end_children()

    def _look_after_servers(self) -> None:
        if self._pair is None or time.monotonic() < self._servers_at:
            return
        try:
            for name in self._pair.restart_dead():
                logger.warning("%s had ended and was started again.", name)
        except EmbeddedError as error:
            self._servers_at = time.monotonic() + _PAUSE_S
            logger.error("%s", error)  # noqa: TRY400  (the sentence says it all)

    def _look_after_children(self, *, ready: bool) -> None:
        for child in self._children:
            child.restart_if_dead()
            if not ready and child.early_ends >= _ENDS_TOO_OFTEN:
                raise NeverReady(f"{child.name} does not start; its last words are above.")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._hurrying = self._stopping
        self._stopping = True

    def _end_children(self) -> None:
        deadline = time.monotonic() + _STOP_S
        for child in self._children:
            child.terminate()
        while any(child.is_running() for child in self._children):
            if self._hurrying or time.monotonic() >= deadline:
                break
            time.sleep(_LOOK_EVERY_S / 2)
        for child in self._children:
            child.kill()


def _start(children: Sequence[Child]) -> None:
    for child in children:
        child.start()
