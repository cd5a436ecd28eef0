"""Sockets whose peers do not read: nobody waits for them, they cost bounded memory, and in the end they go."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from realtime.board import Board
from realtime.subscriber import Subscriber
from scores.models import Client, Player
from tests.integration.live import PATIENCE_S, Server, Tab, eventually, in_thread, serving, tab
from tests.ledger import make_ranks, recorded, session

#: asyncio's transports ask a writer to pause above this; one frame may still be on top of it.
HIGH_WATER = 64 * 1024
FRAME = 4 * 1024


@pytest.fixture
def ranks(committed: None) -> None:
    make_ranks()


@pytest.fixture
def narrow() -> Iterator[list[socket.socket]]:
    """A listening socket whose connections have as little room in the kernel as it allows."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    yield [listener]
    listener.close()


@asynccontextmanager
async def lazy_tab(server: Server) -> AsyncIterator[Tab]:
    """A tab that reads nothing unless it is asked to: its library, too, stops at the first frame."""
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.connect(("127.0.0.1", server.port))
    own: Any = f"http://127.0.0.1:{server.port}"
    uri = f"ws://127.0.0.1:{server.port}/ws/leaderboard/"
    async with connect(uri, sock=peer, origin=own, compression=None, max_queue=1, close_timeout=1) as connection:
        yield Tab(connection)


async def clog(lazy: Tab, server: Server) -> Subscriber:
    """Ask for snapshots without reading them, until the server's side does not drain any more."""
    await lazy.say(op="subscribe", board="global")
    for _ in range(2000):
        await lazy.say(op="resync", board="global")
    return await in_thread(
        lambda: eventually(lambda: next((s for s in server.hub.subscribers if s._draining is not None), None))
    )


def leads_with(total_score: int) -> Callable[[Board], bool]:
    """Whether the first of the board has that total."""
    return lambda board: bool(board.rows) and board.rows[0].total_score == total_score


def submit(client: Client, player: Player, score: int) -> None:
    recorded(session(client, player, score))


async def test_a_slow_reader_delays_nobody_and_costs_one_buffer(
    settings: Any, ranks: None, narrow: list[socket.socket], arena: Client, alice: Player
) -> None:
    settings.REALTIME = {"operations": 100_000, "tick_s": 0.01, "beat_s": 3600.0}
    with serving(narrow) as server:
        async with lazy_tab(server) as lazy, tab(server) as viewer:
            await viewer.watches()
            subscriber = await clog(lazy, server)

            for score in range(1, 21):
                await in_thread(submit, arena, alice, 1)
                await viewer.until(leads_with(score))

            transport = subscriber._send.__self__.transport  # type: ignore[attr-defined]
            assert server.hub.counters.left_behind == 1
            assert transport.get_write_buffer_size() <= HIGH_WATER + FRAME

            # It reads again: what was under way, the answers it asked for, and the state of now.
            await lazy.until(leads_with(20))
            assert lazy.boards == viewer.boards


async def test_a_stuck_reader_is_told_and_closed(settings: Any, ranks: None, narrow: list[socket.socket]) -> None:
    settings.REALTIME = {"operations": 100_000, "stuck_s": 0.3}
    with serving(narrow) as server:
        async with lazy_tab(server) as lazy:
            await clog(lazy, server)
            await in_thread(lambda: eventually(lambda: server.hub.counters.stuck))

            bye = await lazy.hears("bye")
            with pytest.raises(ConnectionClosed) as closed:
                await lazy.hears("nothing")

    assert bye["code"] == 4102
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4102


async def test_a_reader_that_is_stuck_for_good_is_dropped(
    settings: Any, ranks: None, narrow: list[socket.socket]
) -> None:
    settings.REALTIME = {"operations": 100_000, "stuck_s": 0.2, "farewell_s": 0.2}
    with serving(narrow) as server, contextlib.suppress(ConnectionClosed):
        async with lazy_tab(server) as lazy:
            await clog(lazy, server)

            await in_thread(lambda: eventually(lambda: not server.hub.subscribers))

            assert server._server.server_state.connections == set()


# --- The end ------------------------------------------------------------------------------------------


async def test_a_server_that_stops_says_bye_to_everybody(ranks: None) -> None:
    with serving() as server:
        async with tab(server) as watching, tab(server) as idle:
            await watching.watches()
            stopping = asyncio.create_task(in_thread(server.stop))

            for viewer in (watching, idle):
                bye = await viewer.hears("bye")
                with pytest.raises(ConnectionClosed) as closed:
                    await viewer.hears("nothing")
                assert (bye["code"], bye["reason"], bye["retry_ms"]) == (4101, "drain", [500, 20_000])
                assert closed.value.rcvd is not None
                assert closed.value.rcvd.code == 4101
            await stopping


async def test_a_stop_does_not_wait_for_a_stuck_reader(settings: Any, ranks: None, narrow: list[socket.socket]) -> None:
    settings.REALTIME = {"operations": 100_000, "drain_s": 0.5}
    with serving(narrow) as server, contextlib.suppress(ConnectionClosed):
        async with lazy_tab(server) as lazy, asyncio.timeout(PATIENCE_S):
            await clog(lazy, server)

            loop = asyncio.get_running_loop()
            began = loop.time()
            await in_thread(server.stop)

            assert loop.time() - began < 5
