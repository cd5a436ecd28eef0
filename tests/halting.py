"""Programs that stand still at a failpoint, by SIGSTOP."""

from __future__ import annotations

import os
import signal
import subprocess


def wait_until_it_halts(process: subprocess.Popen[str]) -> None:
    """Wait until the process stands still; it must not end before."""
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """How a process ends that stands still and goes on: its exit code, and what it wrote.

    It is woken as often as it halts: asked to end, it may come to its failpoint once more, because a signal is
    Python's only when the thread that got it has run. What it writes must be small: nobody reads meanwhile.
    """
    while True:
        process.send_signal(signal.SIGCONT)
        # WNOWAIT: its end is told to Popen, too.
        found = os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        if found is not None and found.si_code != os.CLD_STOPPED:
            output, errors = process.communicate()
            return process.returncode, output, errors
