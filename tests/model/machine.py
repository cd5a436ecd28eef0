"""Does at random what clients, moderators, operators, crashes and hands do, to the model and to the real thing."""

from __future__ import annotations

from tests.model.people import Clients, Moderators
from tests.model.servers import Servers


class LeaderboardMachine(Clients, Moderators, Servers):
    """All of it."""
