"""How cost grows: with the players on a board, the sessions of a frame, and the boards that a session counts on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

import psycopg

from leaderboard_project.bench.figures import Figure, Result
from leaderboard_project.bench.installation import manage
from leaderboard_project.bench.load.spec import Kind, Load, Loaded
from leaderboard_project.bench.scenarios import rounds
from leaderboard_project.bench.workbench import Workbench

_CONNECTIONS = 64
_KINDS: tuple[Kind, ...] = ("submit", "top", "rank", "around")
_BATCHES = (1, 10, 100, 1_000)
_SOCKETS, _IN_FLIGHT = 4, 8
_BOARDS = (1, 2, 4)
_TOLD = {"web_cpu_us", "postgresql_cpu_us", "valkey_cpu_us"}
_MORE_BOARDS = """
WITH board AS (
    INSERT INTO boards (slug, name) SELECT 'board-' || n, 'Board ' || n FROM generate_series(2, %s) AS n RETURNING id
), board_window AS (
    INSERT INTO board_windows (board_id, slug) SELECT id, 'all' FROM board RETURNING id
)
SELECT count(*) FROM board_window
"""


def size(bench: Workbench) -> Result:
    """Submits and reads per second on boards of 10 k, 100 k and 1 M players, in turn."""
    connections = bench.options.connections or _CONNECTIONS
    loads: dict[str, Load] = {}
    for players in sizes(bench.options.small, bench.options.players):
        site = bench.installation(players).site
        loads |= {f"{kind}, {players:,} players": bench.load(site, kind, connections) for kind in _KINDS}
    return _grown(bench, "size", loads, "requests_per_s", {"connections": connections})


def size_batch(bench: Workbench) -> Result:
    """Sessions per second over 4 sockets of game servers, in frames of 1, 10, 100 and 1,000."""
    sockets = bench.options.connections or _SOCKETS
    site = bench.installation(bench.options.small).site
    loads = {
        f"frames, {batch:,} session{'s' * (batch > 1)}": replace(
            bench.load(site, "frames", sockets), batch=batch, in_flight=_IN_FLIGHT
        )
        for batch in _BATCHES
    }
    return _grown(bench, "size-batch", loads, "sessions_per_s", {"sockets": sockets, "frames ahead": _IN_FLIGHT})


def size_boards(bench: Workbench) -> Result:
    """Submits per second where each session counts on 1, 2 and 4 boards; all but the first begin empty."""
    connections = bench.options.connections or _CONNECTIONS
    players = bench.options.small
    with ExitStack() as ends:
        loads: dict[str, Load] = {}
        for boards in _BOARDS:  # each on a pair of its own, for they are measured in turn
            made = ends.enter_context(bench.another(players))
            with psycopg.connect(made.addresses.database_url, autocommit=True) as connection:
                connection.execute(_MORE_BOARDS, [boards])
            manage(made.environment, "rebuild")
            loads[f"submit, {boards} board{'s' * (boards > 1)}"] = bench.load(made.site, "submit", connections)
        return _grown(bench, "size-boards", loads, "sessions_per_s", {"connections": connections, "players": players})


def _grown(bench: Workbench, scenario: str, loads: Mapping[str, Load], rate: str, sizes: Mapping[str, int]) -> Result:
    outcomes = rounds.in_turn(bench, scenario, loads)
    errors, notes = rounds.failures(outcomes)
    figures: list[Figure] = []
    for way, found in outcomes.items():
        figures += _of_one(way, rate, found, loads[way])
    return Result(
        scenario=scenario,
        sizes={
            **sizes,
            **bench.options.sizes(),
        },
        full_size=True,
        figures=tuple(figures),
        errors=errors,
        notes=notes,
    )


def _of_one(way: str, rate: str, found: Sequence[Loaded], load: Load) -> list[Figure]:
    each = load.batch if load.kind == "frames" else 1
    return [figure for figure in rounds.figures(way, rate, found, each=each) if figure.name in {rate, *_TOLD}]


def sizes(smallest: int, largest: int) -> list[int]:
    """Tenfold steps from the smallest to the largest, both among them.

    >>> sizes(10_000, 1_000_000), sizes(10_000, 10_000), sizes(10_000, 50_000)
    ([10000, 100000, 1000000], [10000], [10000, 50000])
    """
    found = [smallest]
    while found[-1] * 10 < largest:
        found.append(found[-1] * 10)
    return found if found[-1] == largest else [*found, largest]
