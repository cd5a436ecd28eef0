"""The ranks of the large board are made anew while submits go on: how long that takes, and whether all answers hold."""

from __future__ import annotations

import http.client
import itertools
import json
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

import psycopg
from django.conf import settings

from leaderboard_project.bench.errors import BenchFailed
from leaderboard_project.bench.figures import Figure, Result
from leaderboard_project.bench.installation import Installation, Site
from leaderboard_project.bench.load import running
from leaderboard_project.bench.load.prober import Prober
from leaderboard_project.bench.scenarios.audience import PROBED
from leaderboard_project.bench.workbench import Workbench

_LARGE = 1_000_000
_SUBMITS_PER_S = 300.0
_CONNECTIONS = 16
#: Players whose ranks are asked for again and again; they do not play meanwhile.
_CHECKED = 500
#: A rebuild that takes longer than this has failed, in seconds.
_LONGEST_S = 300.0
_TIMEOUT_S = 10.0
_RANKS = """
SELECT user_id, rank FROM (
    SELECT user_id, rank() OVER (ORDER BY sort_key) FROM leaderboard JOIN board_windows ON board_windows.id = window_id
    WHERE NOT hidden AND board_windows.slug = 'all'
) AS ranked WHERE user_id = ANY(%s)
"""


def rebuild(bench: Workbench) -> Result:
    """`manage.py rebuild` of the large board while submits go on: seconds, and wrong ranks seen meanwhile."""
    made = bench.installation(bench.options.players)
    site, players = made.site, made.field.players
    # Those who are asked for stay as they are and all others only gain: a right rank lies between the one of
    # before and the one of after.
    checked = random.Random(players).sample(range(2, players // 2 + 1), min(_CHECKED, players // 2 - 1))  # noqa: S311
    seconds, checks = [], Checks()
    with ExitStack() as ends:
        storm = bench.load(site, "submit", _CONNECTIONS, seconds=_LONGEST_S)
        storm = storm.by_the_clock(_SUBMITS_PER_S, first=players // 2 + 1)
        prober = ends.enter_context(Prober(site.address, site.api_key, PROBED))
        for number in range(1, bench.options.rounds + 1):
            bench.progress.begin(f"rebuild: round {number} of {bench.options.rounds}, {players:,} players")
            before = _ranks(made, checked)
            with running.started(replace(storm, prefix=f"{storm.prefix}-{number}"), "own"):
                seconds.append(_rebuilt(made, site, checked, prober, checks))
            checks.judge(before, _ranks(made, checked))
    return Result(
        scenario="rebuild",
        sizes={
            "players": players,
            "submits/s": _SUBMITS_PER_S,
            "rounds": bench.options.rounds,
            "processes": bench.options.processes,
        },
        full_size=players >= _LARGE,
        figures=(
            Figure("rankcast", "seconds", tuple(seconds)),
            Figure("rankcast", "wrong_ranks", (float(len(checks.wrong)),)),
        ),
        errors=len(checks.wrong),
        notes=(
            f"{checks.number:,} ranks were read meanwhile; seconds hold the command's own start",
            *checks.wrong[:5],
        ),
    )


@dataclass
class Checks:
    """Ranks that were read, to be judged when it is known between which bounds they had to lie."""

    number: int = 0
    wrong: list[str] = field(default_factory=list)
    _read: list[tuple[int, int]] = field(default_factory=list)

    def rank(self, player: int, rank: int) -> None:
        """A rank was read."""
        self.number += 1
        self._read.append((player, rank))

    def total(self, total: int, acked: int) -> None:
        """The total of a player was read, after so much of it had been acknowledged."""
        if total != acked:
            self.wrong.append(f"WRONG: a total of {total} where {acked} had been acknowledged")

    def judge(self, before: Mapping[int, int], after: Mapping[int, int]) -> None:
        """Hold the ranks against those of PostgreSQL before and after."""
        for player, rank in self._read:
            if not before[player] <= rank <= after[player]:
                told = f"between {before[player]} and {after[player]}"
                self.wrong.append(f"WRONG: player {player} was told rank {rank}, which was {told}")
        self._read.clear()


def _rebuilt(made: Installation, site: Site, checked: list[int], prober: Prober, checks: Checks) -> float:
    """Run the command; meanwhile read ranks, and a total right after each session of one player."""
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "rebuild"]
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603
        command, env=dict(made.environment), stdout=subprocess.DEVNULL, start_new_session=True
    )
    connection = http.client.HTTPConnection(*site.address, timeout=_TIMEOUT_S)
    try:
        for player in itertools.cycle(checked):
            checks.rank(player, _answer(connection, player)["rank"])
            acked = prober.submit().total
            checks.total(_answer(connection, PROBED)["total_score"], acked)
            if process.poll() is not None:
                break
            if time.monotonic() - began > _LONGEST_S:
                raise BenchFailed(f"The rebuild was not done within {_LONGEST_S:.0f} s.")
    finally:
        connection.close()
        process.kill()
        process.wait()
    if process.returncode != 0:
        raise BenchFailed("The rebuild failed; its last words are above.")
    return time.monotonic() - began


def _answer(connection: http.client.HTTPConnection, player: int) -> dict[str, int]:
    connection.request("GET", f"/api/leaderboard/rank/{player}")
    response = connection.getresponse()
    content = response.read()
    if response.status != http.client.OK:
        raise BenchFailed(f"The rank of player {player} was answered {response.status}: {content[:200]!r}.")
    answer: dict[str, int] = json.loads(content)
    return answer


def _ranks(made: Installation, players: list[int]) -> dict[int, int]:
    with psycopg.connect(made.addresses.database_url) as connection:
        return dict(connection.execute(_RANKS, [players]).fetchall())
