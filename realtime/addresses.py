"""The paths of the sockets; readable before Django is set up."""

from __future__ import annotations

from typing import Final

VIEWERS: Final = "/ws/leaderboard/"
GAME_SERVERS: Final = "/ws/submit/"
