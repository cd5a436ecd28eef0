"""One server process: started apart from the terminal, watched over, logged to a file, stopped in steps."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, ClassVar

from leaderboard_project.embedded.account import Account
from leaderboard_project.embedded.errors import ServerFailed
from leaderboard_project.embedded.lock import lock_for_server
from leaderboard_project.embedded.watchdog import Watchdog

#: A log larger than this is set aside at the next start; one older log is kept.
_LOG_BYTES = 4 * 1024 * 1024
#: How long a server of an earlier start, told to end by its watchdog, may take to finish, in seconds.
_WAIT_S = 30.0
#: How often a starting server is asked whether it is ready, in seconds.
_ASK_EVERY_S = 0.01


class ServerProcess:
    """A running server; `stop_signal` ends it in good order, `last_signal` when that takes too long."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        name: str,
        account: Account,
        directory: Path,
        log: Path,
        stop_signal: signal.Signals,
        last_signal: signal.Signals = signal.SIGKILL,
        leftovers: Sequence[Path] = (),
        standard_input: str = "",
    ) -> None:
        """Start `command` in `directory` as `account`; its output goes to `log`.

        `directory` is locked for as long as any process of the server lives; once the lock is ours,
        `leftovers` of one that was killed are removed. `standard_input` is handed over through a
        pipe: it holds what must not be seen in the list of processes.

        Raises:
            EmbeddedError: an earlier server still uses the directory, or the program cannot be run.
        """
        self.name = name
        self._log = log
        self._stop_signal = stop_signal
        self._last_signal = last_signal
        lock = lock_for_server(directory.with_name(f"{directory.name}.lock"), wait_s=_WAIT_S)
        try:
            for leftover in leftovers:
                leftover.unlink(missing_ok=True)
            self._process = self._launch(command, directory, account, lock)
        except OSError as error:
            raise ServerFailed(f"{command[0]} cannot be run: {error.strerror}.") from None
        finally:
            os.close(lock)
        self._watchdog = Watchdog(self._process.pid, stop_signal, account)
        if self._process.stdin is not None:
            try:
                self._process.stdin.write(standard_input.encode())
                self._process.stdin.close()
            except BrokenPipeError:
                pass  # it ended at once; wait_ready tells why

    def _launch(self, command: Sequence[str], directory: Path, account: Account, lock: int) -> subprocess.Popen[bytes]:
        with _opened(self._log) as output:
            return subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
                pass_fds=[lock],
                start_new_session=True,  # Ctrl-C at the terminal is for us; the servers stop last, when told
                **account.popen_options(),
            )

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._process.pid

    def is_running(self) -> bool:
        """Whether the server has not ended."""
        return self._process.poll() is None

    def wait_ready(self, answers: Callable[[], bool], *, timeout_s: float) -> None:
        """Return as soon as `answers()` is true; ask again and again.

        Raises:
            ServerFailed: the server ended, or did not answer in time.
        """
        deadline = time.monotonic() + timeout_s
        while not answers():
            if not self.is_running():
                raise ServerFailed(f"{self.name} ended while starting: {self.last_words()}")
            if time.monotonic() >= deadline:
                raise ServerFailed(f"{self.name} did not answer within {timeout_s:.0f} s: {self.last_words()}")
            time.sleep(_ASK_EVERY_S)

    def last_words(self) -> str:
        """The last lines of the server's log, in one line."""
        text = self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
        return " | ".join(text.strip().splitlines()[-3:]) or f"nothing was written to {self._log}"

    def stop(self, *, timeout_s: float) -> None:
        """End the server: politely, then with its last signal, then by SIGKILL. Harmless when it has ended."""
        # The first signal goes out before the watchdog does: whatever happens to us in between, the server ends.
        if self.is_running():
            self._process.send_signal(self._stop_signal)
        self._watchdog.dismiss()
        for harder_signal in (self._last_signal, signal.SIGKILL):
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self._process.send_signal(harder_signal)
        self._process.wait()


def _opened(log: Path) -> BinaryIO:
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    return log.open("ab")


class EmbeddedServer:
    """What PostgreSQL and Valkey have in common: one process, or none."""

    _process: ServerProcess | None = None
    #: How long the process may take to end in good order, in seconds.
    _stop_s: ClassVar[float]

    @property
    def pid(self) -> int | None:
        """The server's process id, None before the start."""
        return self._process.pid if self._process else None

    def is_running(self) -> bool:
        """Whether the server was started and has not ended."""
        return self._process is not None and self._process.is_running()

    def stop(self) -> None:
        """Stop the server in good order; what it knows is on disk afterwards."""
        if self._process is not None:
            self._process.stop(timeout_s=self._stop_s)
            self._process = None
