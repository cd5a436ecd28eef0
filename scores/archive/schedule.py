"""What the worker does about archives, in a thread of its own: a snapshot each day, and the list of erasures.

The ranks never wait for it. Any number of workers may run: one at a time takes a snapshot.
"""

from __future__ import annotations

import re
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from django.conf import settings
from django.db import Error, connection
from typing_extensions import override

from scores.advisory_locks import AdvisoryLock, held_alone
from scores.archive import erasures
from scores.archive.errors import ArchiveRefused, NoArchive
from scores.archive.writing import Written, forget_dead_partials, snapshot
from scores.telling import Nobody

_LOOK_EVERY_S: Final = 10.0  # how late an erasure may be in the list
_SETTLED_S: Final = 300.0  # a worker that has just started leaves the machine to what is more urgent
_AGAIN_S: Final = 600.0  # after a snapshot that failed, such as on a full disk
_NAME: Final = "scheduled-%Y%m%dT%H%M%SZ.tar"
_NAMES: Final = re.compile(r"scheduled-\d{8}T\d{6}Z\.tar")  # no other file is ever deleted

log = structlog.get_logger(__name__)


class Stopped(Exception):
    """The worker ends; the archive that it was taking is thrown away."""


class _Stoppable(Nobody):
    """Hears of a snapshot's progress, and ends it with the worker."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    @override
    def advance(self, rows: int) -> None:
        if self._stop.is_set():
            raise Stopped


def keep(stop: threading.Event) -> threading.Thread:
    """Start the thread, which ends soon after `stop` is set."""
    thread = threading.Thread(target=_keep, args=(stop,), name="archive")
    thread.start()
    return thread


def take(directory: Path, *, every_hours: int, most: int, stop: threading.Event) -> Written | None:
    """Take a snapshot if one is due and nobody else is at it; then delete the scheduled ones beyond the newest `most`.

    Raises:
        NoArchive: it failed; what was there before is still there.
        OSError: the directory cannot be read or written.
        Stopped: `stop` was set.
        django.db.Error: PostgreSQL does not answer.
    """
    if not _is_due(directory, every_hours):
        return None
    with held_alone(AdvisoryLock.SNAPSHOT) as alone:
        if not alone or not _is_due(directory, every_hours):
            return None
        forget_dead_partials(directory)
        written = snapshot(directory / datetime.now(UTC).strftime(_NAME), _Stoppable(stop))
        for old in _scheduled(directory)[:-most]:
            old.unlink(missing_ok=True)
    return written


def _keep(stop: threading.Event) -> None:
    trail: erasures.Entry | None = None
    not_before, failing = time.monotonic() + _SETTLED_S, False
    while not stop.wait(_LOOK_EVERY_S):
        try:
            trail = _write_down_erasures(trail)
            if time.monotonic() >= not_before:
                _take(stop)
            failing = False
        except Stopped:
            log.info("the worker ends, and with it the snapshot that it was taking")
        except (ArchiveRefused, NoArchive, OSError, Error) as error:
            not_before = time.monotonic() + _AGAIN_S
            if not failing:
                log.error("no archive; it is tried again", error=str(error).strip())  # noqa: TRY400  it says it all
            failing = True
        except Exception:  # the edge of a thread that nobody would miss for a day
            not_before = time.monotonic() + _AGAIN_S
            log.exception("no archive; it is tried again")
        finally:
            connection.close()  # back to the pool until the next look


def _write_down_erasures(after: erasures.Entry | None) -> erasures.Entry | None:
    directory: Path = settings.SNAPSHOT_DIR
    if not directory.is_dir():  # nobody has taken an archive yet
        return None
    is_there = (directory / erasures.NAME).exists()
    return erasures.write_down(directory, after=after if is_there else None)


def _take(stop: threading.Event) -> None:
    if not settings.SNAPSHOT_HOURS:
        return
    directory: Path = settings.SNAPSHOT_DIR
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = take(directory, every_hours=settings.SNAPSHOT_HOURS, most=settings.SNAPSHOT_KEEP, stop=stop)
    if written is not None:
        log.info("took a snapshot", file=str(written.path), bytes=written.size, seconds=round(written.seconds, 1))


def _is_due(directory: Path, every_hours: int) -> bool:
    now, every = datetime.now(UTC), timedelta(hours=every_hours)
    ages = (now - datetime.strptime(path.name, _NAME).replace(tzinfo=UTC) for path in _scheduled(directory))
    # One of the future was taken while the clock was wrong: whoever waited for its time would take none until then.
    return not any(timedelta(0) <= age < every for age in ages)


def _scheduled(directory: Path) -> list[Path]:
    """The scheduled archives, oldest first, and before them those that a wrong clock dated ahead."""
    now = datetime.now(UTC).strftime(_NAME)
    found = (path for path in directory.iterdir() if _NAMES.fullmatch(path.name))
    return sorted(found, key=lambda path: (path.name <= now, path.name))
