"""Conversations over real sockets with a real server, PostgreSQL and Valkey: from a recorded session to every tab."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from realtime import routing, running
from realtime.receivers import tell_board_change
from scores import api_keys, ranking
from scores.models import Client, Player
from scores.signals import board_changed
from tests.integration.live import PATIENCE_S, Server, in_thread, serving, tab
from tests.ledger import make_ranks, recorded, session


@pytest.fixture
def ranks(committed: None) -> None:
    make_ranks()


@pytest.fixture
def server(ranks: None) -> Iterator[Server]:
    with serving() as running_server:
        yield running_server


async def submit(client: Client, player: Player, score: int) -> None:
    await in_thread(recorded, session(client, player, score))


async def test_a_recorded_session_reaches_every_tab(server: Server, arena: Client, alice: Player, bob: Player) -> None:
    async with tab(server) as one, tab(server) as other:
        assert (await one.watches())["rows"] == []
        await other.watches()

        await submit(arena, alice, 100)
        await submit(arena, bob, 200)

        for viewer in (one, other):
            board = await viewer.until(lambda board: len(board.rows) == 2)
            assert [(r.username, r.rank, r.total_score) for r in board.rows] == [("bob", 1, 200), ("alice", 2, 100)]
            assert "diff" in {frame["type"] for frame in viewer.frames}


async def test_what_a_tab_folded_is_what_the_ranks_say(
    server: Server, arena: Client, alice: Player, bob: Player, charlie: Player
) -> None:
    async with tab(server) as viewer:
        await viewer.watches()

        for score in range(1, 9):
            await asyncio.gather(*(submit(arena, player, score) for player in (alice, bob, charlie)))

        page = await in_thread(ranking.top, "global")
        board = await viewer.until(lambda board: board.seq == page.seq)
        assert (page.rows, page.epoch, page.players) == (board.rows, board.epoch, board.players)


async def test_a_lost_publish_is_repaired_within_two_seconds(server: Server, arena: Client, alice: Player) -> None:
    async with tab(server) as viewer:
        await viewer.watches()

        board_changed.disconnect(dispatch_uid="realtime")
        try:
            await submit(arena, alice, 100)
        finally:
            board_changed.connect(tell_board_change, dispatch_uid="realtime")

        await viewer.until(lambda board: len(board.rows) == 1, within_s=2)


async def test_a_tab_that_returns_in_the_same_state_keeps_its_rows(server: Server) -> None:
    async with tab(server) as viewer:
        snapshot = await viewer.watches()

    async with tab(server) as viewer:
        await viewer.say(
            op="subscribe", id=5, board="global", since={"epoch": snapshot["epoch"], "seq": snapshot["seq"]}
        )
        resumed = await viewer.hears("resumed")

    assert (resumed["id"], resumed["epoch"], resumed["seq"]) == (5, snapshot["epoch"], snapshot["seq"])


async def test_a_tab_that_returns_in_an_older_state_gets_a_snapshot(
    server: Server, arena: Client, alice: Player
) -> None:
    async with tab(server) as viewer:
        old = await viewer.watches()
        await submit(arena, alice, 100)
        await viewer.until(lambda board: len(board.rows) == 1)

    async with tab(server) as viewer:
        snapshot = await viewer.watches(since={"epoch": old["epoch"], "seq": old["seq"]})

    assert [row["username"] for row in snapshot["rows"]] == ["alice"]


async def test_resync_unsubscribe_and_ping(server: Server, arena: Client, alice: Player) -> None:
    async with tab(server) as viewer:
        await viewer.watches(id=1)

        await viewer.say(op="resync", id="again", board="global")
        await viewer.hears("snapshot", id="again")
        await viewer.say(op="unsubscribe", board="global")
        await viewer.say(op="resync", id=3, board="global")
        assert (await viewer.hears("error", id=3))["code"] == "not_subscribed"

        await submit(arena, alice, 100)
        await viewer.say(op="ping", id=4)
        await viewer.hears("pong", id=4)
        await viewer.hears_nothing(0.3)


async def test_the_current_window_may_be_named_and_no_other(server: Server) -> None:
    async with tab(server) as viewer:
        assert (await viewer.watches(window="all"))["window"] == "all"

        await viewer.say(op="subscribe", id=2, board="global", window="2026-W47")
        assert (await viewer.hears("error", id=2))["code"] == "unknown_window"


async def test_an_unknown_board_is_an_error_and_the_socket_goes_on(server: Server) -> None:
    async with tab(server) as viewer:
        await viewer.say(op="subscribe", id=1, board="nowhere")

        error = await viewer.hears("error", id=1)

        assert (error["code"], error["temporary"]) == ("unknown_board", False)
        await viewer.watches()


async def test_the_beat_says_what_was_sent(settings: Any, ranks: None, arena: Client, alice: Player) -> None:
    settings.REALTIME = {"beat_s": 0.2}
    with serving() as server:
        async with tab(server) as viewer:
            await viewer.watches()
            await submit(arena, alice, 100)
            board = await viewer.until(lambda board: len(board.rows) == 1)

            beat = await viewer.hears("beat")

    assert [(board.board, board.window, board.epoch, board.seq)] == [
        (told["board"], told["window"], told["epoch"], told["seq"]) for told in beat["boards"]
    ]


async def test_a_server_that_takes_no_ready_made_frames_is_served_too(ranks: None) -> None:
    """Such as daphne, under `runserver`."""
    headers = [(b"host", b"localhost"), (b"origin", b"http://localhost")]
    browser = WebsocketCommunicator(routing.websocket, "/ws/leaderboard/", headers=headers, subprotocols=["lb.v1"])
    try:
        assert await browser.connect() == (True, "lb.v1")
        await browser.send_json_to({"op": "subscribe", "id": 1, "board": "global"})
        assert (await browser.receive_json_from(PATIENCE_S))["type"] == "snapshot"
        await browser.disconnect()
    finally:
        await running.stop()


# --- Who may connect -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1", "https://127.0.0.1:{port}", "http://127.0.0.1:{port}/page"],
)
async def test_a_foreign_origin_is_refused_before_the_handshake(server: Server, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with tab(server, origin=origin.format(port=server.port)):
            pass

    assert refused.value.response.status_code == 403


async def test_a_name_that_is_not_ours_is_refused_even_when_origin_and_host_agree(server: Server) -> None:
    """A page of evil.example that made its name point here."""
    with pytest.raises(InvalidStatus) as refused:
        async with tab(server, origin="http://evil.example", additional_headers={"Host": "evil.example"}):
            pass

    assert refused.value.response.status_code == 403


async def test_an_allowed_origin_may_connect(server: Server, settings: Any) -> None:
    settings.ALLOWED_ORIGINS = ["https://play.example"]

    async with tab(server, origin="https://play.example") as viewer:
        await viewer.watches()


async def test_without_an_origin_only_a_key_opens_the_door(server: Server, arena: Client) -> None:
    _, secret = await in_thread(api_keys.create, arena.name, ["sessions:submit"])

    with pytest.raises(InvalidStatus) as refused:
        async with tab(server, origin=None, additional_headers={"Authorization": "Api-Key rk_wrong"}):
            pass
    assert refused.value.response.status_code == 403

    async with tab(server, origin=None, additional_headers={"Authorization": f"Api-Key {secret}"}) as program:
        await program.watches()


async def test_an_unknown_path_is_refused(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://127.0.0.1:{server.port}/ws/else/"):
            pass

    assert refused.value.response.status_code == 403


async def test_the_subprotocol_is_taken_when_offered_and_not_needed(server: Server) -> None:
    async with tab(server, subprotocols=["other", "lb.v1"]) as viewer:
        assert viewer.connection.subprotocol == "lb.v1"
    async with tab(server, subprotocols=None) as viewer:
        assert viewer.connection.subprotocol is None
        await viewer.watches()


# --- Limits ----------------------------------------------------------------------------------------


async def test_the_tenth_frame_that_cannot_be_read_ends_the_socket(server: Server) -> None:
    async with tab(server) as viewer:
        unreadable: list[str | bytes] = ["{", b"\x00", "[]", '{"op":7}', "x" * 5000]
        for frame in unreadable * 2:
            await viewer.connection.send(frame)

        bye = await viewer.hears("bye")
        with pytest.raises(ConnectionClosed) as closed:
            await viewer.hears("nothing")

    assert (bye["code"], bye["retry_ms"]) == (4005, None)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4005
    codes = [frame["code"] for frame in viewer.frames if frame["type"] == "error"]
    assert codes == ["bad_json", "not_text", "bad_frame", "bad_frame", "frame_too_large"] * 2


async def test_an_unknown_op_is_an_error_however_often(server: Server) -> None:
    async with tab(server) as viewer:
        for number in range(15):
            await viewer.say(op="dance", id=number)

        assert (await viewer.hears("error", id=14))["code"] == "unknown_op"


async def test_too_many_operations_end_the_socket(server: Server) -> None:
    async with tab(server) as viewer:
        for _ in range(30):
            await viewer.say(op="ping")

        bye = await viewer.hears("bye")

    assert bye["code"] == 4103
    assert sum(frame["type"] == "pong" for frame in viewer.frames) in {20, 21}


async def test_a_socket_may_not_watch_too_many_boards(settings: Any, ranks: None) -> None:
    settings.REALTIME = {"boards_per_socket": 1}
    with serving() as server:
        async with tab(server) as viewer:
            await viewer.watches()
            await viewer.say(op="subscribe", id=2, board="arena")

            assert (await viewer.hears("error", id=2))["code"] == "too_many_boards"
            await viewer.watches("global")
