"""A child process of `serve`: started with our end of a pipe, restarted when it dies, stopped by SIGTERM."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import IO

from leaderboard_project import parent

logger = logging.getLogger(__name__)

#: A child that lived this long was well: its next pause is the first one again. In seconds.
_WELL_S = 30.0
#: The first and the longest pause before a restart, in seconds; it doubles in between.
_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 10.0


class Child:
    """One program that is to run as long as `serve` does."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        pipe: IO[bytes],
        inherit: Sequence[int] = (),
    ) -> None:
        """Describe the child; nothing is started yet.

        Args:
            name: how the logs call it.
            command: program and arguments.
            environment: all of its environment.
            pipe: the reading end of the parent's pipe; becomes its standard input.
            inherit: file descriptors that it gets, under the same numbers.
        """
        self.name = name
        self._command = command
        # The pipe is the child's standard input, so its number there is 0.
        self._environment = {**environment, parent.VARIABLE: "0"}
        self._pipe = pipe
        self._inherit = inherit
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        #: How often in a row it ended soon after its start.
        self.early_ends = 0
        self._start_at: float | None = None

    def start(self) -> None:
        """Start the process."""
        self._process = subprocess.Popen(  # noqa: S603
            self._command,
            stdin=self._pipe,
            stdout=2,  # standard output is for what `serve` itself tells
            env=self._environment,
            pass_fds=self._inherit,
            start_new_session=True,  # Ctrl-C reaches `serve` alone, which stops its children in order
        )
        self._started_at = time.monotonic()
        self._start_at = None

    def restart_if_dead(self) -> None:
        """Start the child again if it has ended by itself, after a pause that grows from one time to the next."""
        if self.is_running():
            return
        now = time.monotonic()
        if self._start_at is None:
            self.early_ends = 1 if now - self._started_at > _WELL_S else self.early_ends + 1
            pause_s = min(_PAUSE_S * 2 ** (self.early_ends - 1), _LONGEST_PAUSE_S)
            self._start_at = now + pause_s
            logger.warning("%s ended (%s); it is started again in %.1f s.", self.name, self._ending(), pause_s)
        if now >= self._start_at:
            self.start()

    @property
    def pid(self) -> int | None:
        """The process id, None before the start."""
        return None if self._process is None else self._process.pid

    def is_running(self) -> bool:
        """Whether the process was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def terminate(self) -> None:
        """Ask the child to end."""
        if self._process is not None and self.is_running():
            self._process.terminate()

    def kill(self) -> None:
        """End the child at once and wait for that."""
        if self._process is not None:
            if self.is_running():
                logger.warning("%s has not ended yet and is killed.", self.name)
                self._process.kill()
            self._process.wait()

    def _ending(self) -> str:
        code = self._process.returncode if self._process is not None else None
        if code is not None and code < 0:
            return signal.Signals(-code).name
        return f"exit code {code}"


def parent_pipe() -> tuple[IO[bytes], IO[bytes]]:
    """Both ends of the pipe by which children notice that we are gone: theirs for reading, ours to hold on to."""
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
