"""Ends a server when the supervisor is gone, even by `kill -9`.

A tiny shell reads a pipe whose other end only the supervisor holds. When the supervisor ends,
however it ends, the read returns and the shell signals the server. Linux alone would offer
PR_SET_PDEATHSIG; a pipe works on macOS too and runs no Python between fork and exec.
"""

from __future__ import annotations

import signal
import subprocess

from leaderboard_project.embedded.account import Account

# `exec` closes nothing here: the shell holds only the reading end (Python's pipes are not inherited further).
_SCRIPT = 'read -r _; kill -s "$1" "$2"'


class Watchdog:
    """Watches over one server process on behalf of this process."""

    def __init__(self, pid: int, stop_signal: signal.Signals, account: Account) -> None:
        """Start watching; when this process ends, `pid` gets `stop_signal`.

        The shell runs as the server's own account, so that it can signal nobody else.
        """
        name = stop_signal.name.removeprefix("SIG")
        self._shell = subprocess.Popen(  # noqa: S603
            ["/bin/sh", "-c", _SCRIPT, "rankcast-watchdog", name, str(pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            start_new_session=True,  # Ctrl-C goes to the terminal's group; the watchdog must outlive us
            **account.popen_options(),
        )

    def dismiss(self) -> None:
        """Stop watching without a signal; do this before the server's pid can be used again by the system."""
        self._shell.kill()
        self._shell.wait()
        if self._shell.stdin is not None:
            self._shell.stdin.close()
