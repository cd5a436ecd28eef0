"""One process at a time runs servers on a data directory, and one server at a time uses its files.

Both are file locks, which die with their holders. The servers' own guards are not enough: a second
Valkey starts happily on the same files, and PostgreSQL's `postmaster.pid` holds a number that may
belong to another process by now.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from leaderboard_project.embedded.errors import DataInUse, EmbeddedError


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a data directory, as far as the lock file tells."""

    pid: int
    command: str


class DataLock:
    """The lock on one data directory; released by `release` and by the end of the process, however it ends."""

    def __init__(self, data_directory: Path) -> None:
        """Prepare the lock of `data_directory`, which must exist by the time it is taken."""
        self._path = data_directory / "lock"
        self._fd: int | None = None

    def acquire(self, command: str, *, wait_s: float = 0.0) -> None:
        """Take the lock for `command`, waiting up to `wait_s` seconds for another holder to leave.

        Raises:
            DataInUse: somebody else keeps it; the message names the process and says what to do.
        """
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _locked(fd, wait_s=wait_s):
            os.close(fd)
            raise DataInUse(self._sentence())
        os.truncate(fd, 0)
        os.pwrite(fd, json.dumps({"pid": os.getpid(), "command": command}).encode(), 0)
        self._fd = fd

    def release(self) -> None:
        """Let go of the lock; harmless when it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def holder(self) -> Holder | None:
        """Who holds the lock right now; None when it is free."""
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            if _locked(fd, wait_s=0):
                return None
            return _described(os.pread(fd, 4096, 0))
        finally:
            os.close(fd)

    def _sentence(self) -> str:
        directory = self._path.parent
        holder = self.holder()
        who = f"`{holder.command}` (process {holder.pid})" if holder and holder.pid else "another process"
        return f"The data in {directory} is in use by {who}; stop that first, or choose another directory with --data."


def lock_for_server(path: Path, *, wait_s: float) -> int:
    """A locked file descriptor for a server to inherit: the lock holds until the last process of the server ends.

    Args:
        path: the lock file; made if it does not exist.
        wait_s: how long to wait for an earlier server, whose supervisor is gone, to finish.

    Raises:
        EmbeddedError: an earlier server does not end.
    """
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if not _locked(fd, wait_s=wait_s):
        os.close(fd)
        raise EmbeddedError(
            f"A server of an earlier start still uses {path.with_suffix('')}; `fuser {path}` finds its processes."
        )
    return fd


def _locked(fd: int, *, wait_s: float) -> bool:
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        else:
            return True


def _described(text: bytes) -> Holder:
    # The holder writes its description after it got the lock: for a moment there may be none.
    try:
        found = json.loads(text)
        return Holder(int(found["pid"]), str(found["command"]))
    except (ValueError, KeyError, TypeError):
        return Holder(0, "")
