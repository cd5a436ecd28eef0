"""The project's settings on a throw-away pair, which must be up before they are read.

pytest-django imports this module before anything else; a plugin named by `-p` could not be
imported that early, because only pytest-django puts the project on the path.
"""

from __future__ import annotations

import os

from tests import pair

pair.start()
# Servers that the tests start are the real thing and read the real settings.
os.environ["DJANGO_SETTINGS_MODULE"] = "leaderboard_project.settings"

from leaderboard_project.settings import *  # noqa: E402, F403
from leaderboard_project.settings import LOGGING  # noqa: E402

LOGGING["loggers"]["httpx"] = {"level": "WARNING"}  # a line per request of our own clients
SNAPSHOT_HOURS = 0  # no test waits for a day to pass; whoever wants archives names a directory
SNAPSHOT_DIR = BASE_DIR / "no-archives"  # noqa: F405
