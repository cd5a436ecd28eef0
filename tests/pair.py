"""A pytest plugin: one throw-away PostgreSQL and Valkey for the whole run, up before Django's settings are read.

With DATABASE_URL and REDIS_URL set, the tests use those servers instead.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from leaderboard_project.embedded.pair import Pair

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(args: Sequence[str]) -> None:
    """Start the pair before pytest-django loads the settings, which read these variables."""
    asks_only = {"--help", "-h", "--version", "-V", "--fixtures", "--markers"}
    if asks_only & set(args) or ("DATABASE_URL" in os.environ and "REDIS_URL" in os.environ):
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
    os.environ["DATABASE_URL"] = pair.addresses.database_url
    os.environ["REDIS_URL"] = pair.addresses.redis_url
