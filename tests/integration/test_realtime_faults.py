"""The live boards while the real Valkey forgets, falls silent or hangs up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection

from realtime.board import Board
from scores.models import Client, Player
from scores.valkey import valkey
from tests.integration.live import Server, eventually, in_thread, serving, tab
from tests.ledger import make_ranks, recorded, session


@pytest.fixture
def server(committed: None) -> Iterator[Server]:
    make_ranks()
    with serving() as running_server:
        yield running_server


def submit(client: Client, player: Player, score: int) -> None:
    recorded(session(client, player, score))


def connection_parameters() -> dict[str, Any]:
    """Of the test database, for a connection that is not Django's."""
    known = {"dbname", "user", "password", "host", "port"}
    return {name: value for name, value in connection.get_connection_params().items() if name in known}


def totals(board: Board) -> list[int]:
    return [row.total_score for row in board.rows]


async def test_a_valkey_that_forgets_everything_leaves_no_page_wrong(
    server: Server, arena: Client, alice: Player, bob: Player
) -> None:
    await in_thread(submit, arena, alice, 100)
    async with tab(server) as viewer:
        epoch = (await viewer.watches())["epoch"]

        await in_thread(valkey().commands, [("FLUSHALL",)])
        await viewer.until(lambda board: board.source == "sql" and totals(board) == [100])
        await in_thread(submit, arena, bob, 200)
        await viewer.until(lambda board: board.source == "sql" and totals(board) == [200, 100])

        await in_thread(make_ranks)
        board = await viewer.until(lambda board: board.source == "ranks")
        assert totals(board) == [200, 100]
        assert board.epoch != epoch

        await in_thread(submit, arena, alice, 900)
        await viewer.until(lambda board: totals(board) == [1000, 200])


async def test_a_valkey_that_falls_silent_is_bridged_by_postgresql(
    server: Server, arena: Client, alice: Player
) -> None:
    async with tab(server) as viewer:
        await viewer.watches()

        await in_thread(valkey().commands, [("CLIENT", "PAUSE", 5000, "ALL")])
        await viewer.until(lambda board: board.source == "sql")
        await in_thread(submit, arena, alice, 100)
        await viewer.until(lambda board: totals(board) == [100])
        async with tab(server) as late:
            assert (await late.watches())["source"] in {"sql", "ranks"}

        await viewer.until(lambda board: board.source == "ranks")


async def test_a_board_that_nobody_can_read_is_an_error_for_now(committed: None, arena: Client) -> None:
    with serving() as server:
        async with tab(server) as viewer:
            # There are no ranks, so PostgreSQL is asked, and waits for the lock until its timeout.
            with psycopg.connect(**connection_parameters()) as other:
                other.execute("LOCK TABLE leaderboard")
                await viewer.say(op="subscribe", id=1, board="global")
                error = await viewer.hears("error", id=1)
            assert (error["code"], error["temporary"], error["retry_ms"]) == ("unavailable", True, 2_000)

            assert (await viewer.watches())["source"] == "sql"


async def test_a_subscription_that_is_cut_is_taken_up_again(server: Server, arena: Client, alice: Player) -> None:
    async with tab(server) as viewer:
        await viewer.watches()
        await in_thread(submit, arena, alice, 1)
        await viewer.until(lambda board: totals(board) == [1])

        await in_thread(valkey().commands, [("CLIENT", "KILL", "TYPE", "pubsub")])
        await in_thread(submit, arena, alice, 1)
        await viewer.until(lambda board: totals(board) == [2], within_s=2)

        steps = server.hub.counters.steps

        def a_message_is_heard() -> bool:
            submit(arena, alice, 1)
            return server.hub.counters.steps > steps

        await in_thread(lambda: eventually(a_message_is_heard))
