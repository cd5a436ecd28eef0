"""One process of the product under a test: armed to fail, killed, frozen, and never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from leaderboard_project.embedded.account import Account
from leaderboard_project.embedded.watchdog import Watchdog

_OURSELVES = Account("", os.geteuid(), os.getegid(), switch=False)


class Part:
    """A program that was started; it ends with this process, also by `kill -9` and also where it is frozen."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        *,
        inherit: Sequence[int] = (),
    ) -> None:
        """Start it; what it says goes to `log`."""
        self.name = name
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                pass_fds=inherit,
                start_new_session=True,
            )
        self._watchdog = Watchdog(self._process.pid, signal.SIGKILL, _OURSELVES)

    @property
    def pid(self) -> int:
        return self._process.pid

    def is_running(self) -> bool:
        return self._process.poll() is None

    def is_frozen(self) -> bool:
        """Whether it has been stopped and waits for SIGCONT; told by Linux only."""
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
        except OSError:
            return False

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self, within_s: float) -> int:
        """The exit code of its end."""
        return self._process.wait(within_s)

    def end(self, how: signal.Signals = signal.SIGKILL, within_s: float = 30.0) -> int:
        """End it, whatever state it is in; the exit code."""
        if self.is_running():
            self.send(how)
            if how != signal.SIGKILL:
                self.send(signal.SIGCONT)
        try:
            return self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            self._watchdog.dismiss()

    def last_words(self, lines: int = 20) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """The process stands still as long as this is open, and no longer than this process lives."""
    watchdog = Watchdog(pid, signal.SIGCONT, _OURSELVES)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
        watchdog.dismiss()


def wait_for_end(pid: int, within_s: float = 30.0) -> None:
    """Wait for a child that somebody else here looks after; its exit code stays there for them."""
    deadline = time.monotonic() + within_s
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        assert time.monotonic() < deadline, f"process {pid} does not end"
        time.sleep(0.005)
