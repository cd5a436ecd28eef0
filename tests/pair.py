"""One throw-away PostgreSQL and Valkey for each process that runs tests.

With DATABASE_URL and REDIS_URL set, the tests use those servers instead; then with `-n 0`, for one
process empties what another is looking at.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from leaderboard_project.embedded.pair import Pair

_OURS = "RANKCAST_TESTS_PAIR"  # set where the servers are a pair of ours


def start() -> None:
    """Start the pair and name it in the environment; it stops when this process ends, however it ends."""
    named = "DATABASE_URL" in os.environ and "REDIS_URL" in os.environ
    # A process of pytest-xdist inherits the names of the pair of the one that started it: that one runs no tests.
    inherited = _OURS in os.environ and "PYTEST_XDIST_WORKER" in os.environ
    if named and not inherited:
        return
    # mkdtemp makes it 0700; root's servers run as another account, which must pass through.
    data = Path(tempfile.mkdtemp(prefix="rankcast-tests-"))
    if os.geteuid() == 0:
        data.chmod(0o711)
    # Not durable: the tests ask what is stored, none of them pulls the plug, and fsync is most of their time.
    pair = Pair(data, command="pytest", durable=False)
    # At exit, not in a fixture: the settings' pools live until then. After `kill -9` the watchdogs do it.
    atexit.register(shutil.rmtree, data, ignore_errors=True)
    atexit.register(pair.stop)
    pair.start()
    os.environ[_OURS] = str(os.getpid())
    os.environ["DATABASE_URL"] = pair.addresses.database_url
    os.environ["REDIS_URL"] = pair.addresses.redis_url
