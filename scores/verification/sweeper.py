"""The worker's slowest duty: one sweep after the other, in a thread of its own. Of many workers, one sweeps."""

from __future__ import annotations

import threading
import time
from typing import Final

import structlog
from django.db import Error, connection

from scores.advisory_locks import AdvisoryLock, held_alone
from scores.errors import RanksUnavailable
from scores.verification.sweeping import sweep

_TICK_S: Final = 1.0  # of each, some hundredths are worked
_ROUND_S: Final = 60.0  # sweeps of a small board begin no more often

log = structlog.get_logger(__name__)


class _Stopped(Exception):
    """The worker ends."""


def start(stop: threading.Event) -> threading.Thread:
    """Sweep in a thread of its own until `stop` is set; it then ends within a moment."""
    thread = threading.Thread(target=_keep_sweeping, args=(stop,), name="sweeper", daemon=True)
    thread.start()
    return thread


def _keep_sweeping(stop: threading.Event) -> None:
    while not stop.is_set():
        began = time.monotonic()
        try:
            with held_alone(AdvisoryLock.SWEEP) as is_alone:
                if is_alone:
                    sweep(_Rests(stop))
        except _Stopped:
            break
        except (Error, RanksUnavailable) as error:
            log.info("a sweep ended early", reason=str(error).strip())
        except Exception:  # the edge of a thread: a defect must not end all sweeps
            log.exception("a sweep failed for an unforeseen reason")
        connection.close()
        stop.wait(max(_TICK_S, _ROUND_S - (time.monotonic() - began)))
    connection.close()


class _Rests:
    """Rests until a second has gone by since the last rest was over."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop
        self._rested_at = time.monotonic()

    def __call__(self) -> None:
        if self._stop.wait(max(0.0, self._rested_at + _TICK_S - time.monotonic())):
            raise _Stopped
        self._rested_at = time.monotonic()
