"""What scenarios share in one run: the options, the installations that were made so far, and the clients."""

from __future__ import annotations

import itertools
import secrets
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace

from leaderboard_project.bench.installation import Installation, Site, installation
from leaderboard_project.bench.load import running
from leaderboard_project.bench.load.running import Client
from leaderboard_project.bench.load.spec import Kind, Load, Loaded
from leaderboard_project.bench.plain.site import plain_site
from leaderboard_project.bench.progress import Progress

#: Sessions of each player before a run begins.
_SESSIONS_PER_PLAYER = 5


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says."""

    seconds: float
    rounds: int
    connections: int | None
    players: int
    small: int
    processes: int
    client: Client

    def sizes(self) -> dict[str, float]:
        """What stands above the table of a scenario that runs rounds of some seconds."""
        return {"seconds": self.seconds, "rounds": self.rounds, "processes": self.processes}


@dataclass
class Workbench:
    """Makes installations when they are first needed and keeps them until the end of the run."""

    options: Options
    progress: Progress
    ends: ExitStack
    _made: dict[int, Installation] = field(default_factory=dict)
    _plain: dict[int, Site] = field(default_factory=dict)
    _sites: dict[tuple[str, int], Site] = field(default_factory=dict)
    _prefixes: itertools.count[int] = field(default_factory=itertools.count)

    def installation(self, players: int) -> Installation:
        """The product with that many players."""
        if players not in self._made:
            self._made[players] = self.ends.enter_context(self.another(players))
        return self._made[players]

    def another(self, players: int) -> AbstractContextManager[Installation]:
        """The same for one use, on servers of its own."""
        return installation(
            players=players,
            sessions=players * _SESSIONS_PER_PLAYER,
            processes=self.options.processes,
            progress=self.progress,
        )

    def plain(self, players: int) -> Site:
        """The plain way on the servers of that installation, with the same players."""
        if players not in self._plain:
            made = self.installation(players)
            self._plain[players] = self.ends.enter_context(
                plain_site(made, processes=self.options.processes, progress=self.progress)
            )
        return self._plain[players]

    def load(self, site: Site, kind: Kind, connections: int, *, seconds: float | None = None) -> Load:
        """A load of that kind on all players of a site, with idempotency keys of its own."""
        self._sites[site.address] = site
        return Load(
            address=site.address,
            kind=kind,
            connections=connections,
            seconds=self.options.seconds if seconds is None else seconds,
            api_key=site.api_key,
            prefix=f"{secrets.token_hex(4)}-{next(self._prefixes)}",
            first=1,
            last=site.players,
        )

    def run(self, load: Load) -> Loaded:
        """Do a load to its end; see also what it costs the servers."""
        site = self._sites[load.address]
        before = site.processor_s()
        loaded = running.run(load, self.options.client)
        taken = {who: after - before[who] for who, after in site.processor_s().items()}
        return replace(loaded, cpu_s={**taken, **loaded.cpu_s})
