"""`serve` by an ordinary user, also when the tests are run by root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.acceptance.processes import descendants, user_of
from tests.acceptance.serving import MANAGE, Serving


def _as_nobody() -> Sequence[str]:
    """The words before a command that run it as nobody, with a Python that nobody may start; skips where none is."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("there is no setpriv to start it as an ordinary user")
    plain = [setpriv, "--reuid=nobody", f"--regid={pwd.getpwnam('nobody').pw_gid}", "--clear-groups"]
    # Where Python or the project lie below a closed home, an ordinary user who may read them is the next best thing.
    reading = [*plain, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    for words in (plain, reading):
        tried = subprocess.run([*words, sys.executable, str(MANAGE), "version"], capture_output=True, check=False)
        if tried.returncode == 0:
            return words
    pytest.skip("nobody may run this Python")


@pytest.mark.skipif(os.geteuid() != 0, reason="all the other tests are run by an ordinary user already")
def test_an_ordinary_user_serves_alone(data: Path) -> None:
    by = [*_as_nobody(), sys.executable]
    shutil.chown(data, "nobody")

    serving = Serving.started(data, by=by)

    try:
        assert serving.is_ready()
        assert {user_of(pid) for pid in descendants(serving.process.pid)} == {"nobody"}
        assert serving.end(signal.SIGTERM) == 0
    finally:
        serving.discard()
