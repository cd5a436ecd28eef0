"""The socket door for game servers, over real sockets with a real server, PostgreSQL and Valkey."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.utils import timezone
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from leaderboard_project.socket_protocol import BoundedSocketProtocol
from realtime import running
from realtime.addresses import GAME_SERVERS
from scores import api_keys
from scores.models import ApiKey, GameSession, Standing
from tests.api import GameServer, error_of
from tests.api import session as item
from tests.faults.inside import closed_gate, somebody_else
from tests.integration.bare import connection
from tests.integration.live import PATIENCE_S, Server, eventually, in_thread, serving
from tests.ledger import make_ranks


@pytest.fixture
def ranks(committed: None) -> None:
    make_ranks()


@pytest.fixture
def server(ranks: None) -> Iterator[Server]:
    with serving() as running_server:
        yield running_server


@pytest.fixture
def arena(committed: None) -> GameServer:
    """A game server with a key that may create players."""
    return GameServer("arena", (ApiKey.Scope.SUBMIT, ApiKey.Scope.CREATE_PLAYERS))


class Peer:
    """The game server's side of a socket."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.frames: list[dict[str, Any]] = []

    async def say(self, **frame: Any) -> None:
        await self.connection.send(json.dumps(frame))

    async def hears(self) -> dict[str, Any]:
        """The next frame."""
        async with asyncio.timeout(PATIENCE_S):
            frame: dict[str, Any] = json.loads(await self.connection.recv())
        self.frames.append(frame)
        return frame

    async def submits(self, frame_id: Any, *sessions: Any) -> list[dict[str, Any]]:
        """The results of a frame that is taken, the only one in flight."""
        await self.say(id=frame_id, sessions=sessions)
        answer = await self.hears()
        assert answer["id"] == frame_id
        receipts: list[dict[str, Any]] = answer["receipts"]
        return receipts

    async def hears_nothing(self, for_s: float) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(for_s):
                await self.connection.recv()

    async def is_told_to_go(self) -> tuple[dict[str, Any], int | None]:
        """The `bye`, and the code with which the socket is closed."""
        while (frame := await self.hears()).get("type") != "bye":
            pass
        with pytest.raises(ConnectionClosed) as closed:
            await self.hears()
        return frame, None if closed.value.rcvd is None else closed.value.rcvd.code


@asynccontextmanager
async def socket_of(server: Server, secret: str | None, **more: Any) -> AsyncIterator[Peer]:
    headers = [] if secret is None else [("Authorization", f"Api-Key {secret}")]
    options: dict[str, Any] = {"additional_headers": headers, "compression": None, "close_timeout": 1, **more}
    async with connect(f"ws://127.0.0.1:{server.port}{GAME_SERVERS}", **options) as connected:
        peer = Peer(connected)
        assert (await peer.hears())["type"] == "hello"
        yield peer


def total_of(username: str) -> tuple[int, int]:
    """A player's total score, and the number of sessions in it."""
    standing = Standing.objects.get(user__username=username)
    return standing.total_score, GameSession.objects.filter(user__username=username).count()


async def test_the_first_frame_tells_what_may_be_in_flight(server: Server, arena: GameServer) -> None:
    async with socket_of(server, arena.secret) as peer:
        assert peer.frames == [
            {
                "type": "hello",
                "window": {"frames": 16, "sessions": 4000},
                "frame_bytes": 1024 * 1024,
                "frame_sessions": 1000,
            }
        ]


async def test_a_frame_of_sessions_is_answered_by_their_receipts(server: Server, arena: GameServer) -> None:
    async with socket_of(server, arena.secret) as peer:
        alice, bob = await peer.submits(1, item("alice", 100), item("bob", 200, outcome="win"))

    assert (alice["status"], alice["replayed"], bob["status"]) == (201, False, 201)
    assert bob["receipt"]["outcome"] == "win"
    assert (bob["receipt"]["total_score"], bob["receipt"]["rank"]) == (200, 1)
    assert await in_thread(total_of, "alice") == (100, 1)


async def test_items_results_and_errors_are_those_of_the_batch_endpoint(server: Server, arena: GameServer) -> None:
    items = [
        item("alice", 5, idempotency_key="once"),
        item("alice", 6, idempotency_key="once"),
        item("alice", -1),
        item("alice", "12"),
        {"score": 1, "game_mode": "survival"},
        item("alice", 1, is_staff=True),
        "no object",
    ]
    over_rest = await in_thread(arena.submit_batch, *items)

    async with socket_of(server, arena.secret) as peer:
        over_socket = await peer.submits("the same", *items)

    assert over_socket[0].pop("replayed"), "the key was used by the batch"
    assert not over_rest[0].pop("replayed")
    assert over_socket == over_rest
    assert {result["status"] for result in over_socket} == {201, 400, 422}


async def test_what_is_ready_first_is_answered_first(server: Server, arena: GameServer) -> None:
    async with socket_of(server, arena.secret) as peer:
        with closed_gate():
            await peer.say(id="waits", sessions=[item("alice")])
            await peer.say(id="refused at once", sessions=[item("alice", -1)])
            assert (await peer.hears())["id"] == "refused at once"
        assert (await peer.hears())["id"] == "waits"


# --- Once and only once ----------------------------------------------------------------------------


async def test_a_key_counts_once_over_rest_and_socket_and_after_a_reconnect(server: Server, arena: GameServer) -> None:
    played = item("alice", 70, idempotency_key="match-1")
    [first] = await in_thread(arena.submit_batch, played)

    for _ in range(2):
        async with socket_of(server, arena.secret) as peer:
            [again] = await peer.submits(1, played)
            assert (again["replayed"], again["receipt"]["session_id"]) == (True, first["receipt"]["session_id"])
    assert await in_thread(total_of, "alice") == (70, 1)


async def test_a_key_still_counts_once_when_the_api_key_was_changed_in_between(
    server: Server, arena: GameServer
) -> None:
    played = item("alice", 70, idempotency_key="match-1")
    async with socket_of(server, arena.secret) as peer:
        await peer.submits(1, played)
    await in_thread(api_keys.revoke, arena.api_key)
    _, secret = await in_thread(api_keys.create, "arena", [ApiKey.Scope.SUBMIT])

    async with socket_of(server, secret) as peer:
        [again] = await peer.submits(1, played)

    assert again["replayed"]
    assert await in_thread(total_of, "alice") == (70, 1)


async def test_twice_the_same_key_in_flight_counts_once(server: Server, arena: GameServer) -> None:
    played = item("alice", 70, idempotency_key="match-1")
    async with socket_of(server, arena.secret) as peer:
        for number in range(10):
            await peer.say(id=number, sessions=[played, played])
        answers = [await peer.hears() for _ in range(10)]

    results = [result for answer in answers for result in answer["receipts"]]
    assert len({result["receipt"]["session_id"] for result in results}) == 1
    assert sum(not result["replayed"] for result in results) == 1
    assert await in_thread(total_of, "alice") == (70, 1)


async def test_a_client_that_crashes_in_the_middle_finds_its_sessions_recorded_once(
    server: Server, arena: GameServer
) -> None:
    frames = [[item("alice", 1, idempotency_key=f"{frame}-{number}") for number in range(20)] for frame in range(5)]
    with closed_gate():
        async with socket_of(server, arena.secret) as peer:
            for number, sessions in enumerate(frames):
                await peer.say(id=number, sessions=sessions)
            await peer.say(id="all before this one are read", sessions=[])
            await peer.hears()
            peer.connection.transport.abort()

    async with socket_of(server, arena.secret) as peer:
        for number, sessions in enumerate(frames):
            assert {result["status"] for result in await peer.submits(number, *sessions)} == {201}
    assert await in_thread(total_of, "alice") == (100, 100)


# --- The window --------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [{"submit_frames": 2}, {"submit_sessions": 4}, {"submit_sessions_of_all": 4}])
async def test_beyond_the_window_nothing_is_read(
    settings: Any, ranks: None, arena: GameServer, limit: dict[str, int]
) -> None:
    settings.REALTIME = limit
    with serving() as server:
        async with socket_of(server, arena.secret) as peer:
            with closed_gate():
                for number in range(3):
                    await peer.say(id=number, sessions=[item("alice", 1), item("bob", 1)])
                await peer.say(id="bad", sessions=[])
                await peer.hears_nothing(0.3)
            heard = [(await peer.hears())["id"] for _ in range(4)]

    assert set(heard) == {0, 1, 2, "bad"}
    assert await in_thread(total_of, "alice") == (3, 3)


async def test_a_frame_larger_than_the_window_is_taken_alone(settings: Any, ranks: None, arena: GameServer) -> None:
    settings.REALTIME = {"submit_sessions": 2, "submit_sessions_of_all": 3}
    with serving() as server:
        async with socket_of(server, arena.secret) as peer:
            assert len(await peer.submits(1, *[item("alice", 1)] * 5)) == 5


async def test_whoever_sends_without_pause_is_held_back_by_the_network_and_loses_nothing(
    settings: Any, ranks: None, arena: GameServer
) -> None:
    settings.REALTIME = {"submit_frames": 1}
    megabyte = json.dumps([item("alice", 1, padding="x" * 900_000)])
    with serving() as server:
        async with socket_of(server, arena.secret, max_size=None) as peer:

            async def pour() -> None:
                for number in range(30):
                    await peer.connection.send(f'{{"id": {number}, "sessions": {megabyte}}}')

            with closed_gate():
                await peer.say(id="first", sessions=[item("alice", 1)])
                pouring = asyncio.create_task(pour())
                done, _ = await asyncio.wait([pouring], timeout=1)
                assert not done, "27 MB went somewhere"
            assert {(await peer.hears())["id"] for _ in range(31)} == {"first", *range(30)}
            await pouring


async def test_from_a_peer_that_reads_no_answers_nothing_is_read_and_it_is_let_go(
    settings: Any, ranks: None, arena: GameServer
) -> None:
    refused = json.dumps([item("alice", -1)] * 1000)  # answered by 100 kB each
    with serving() as server:
        async with socket_of(server, arena.secret, max_queue=1) as peer:

            async def pour() -> None:
                for number in range(400):
                    await peer.connection.send(f'{{"id": {number}, "sessions": {refused}}}')

            pouring = asyncio.create_task(pour())
            done, _ = await asyncio.wait([pouring], timeout=2)
            assert not done, "40 MB of answers went somewhere"
            game_server = next(iter(running.submit_door()._serving))
            assert len(game_server._answering) <= 16

            await in_thread(api_keys.revoke, arena.api_key)
            await in_thread(lambda: eventually(lambda: not running.submit_door()._serving))
            pouring.cancel()


async def test_a_game_server_may_send_more_frames_than_a_page() -> None:
    async def echo(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (event := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": event["text"]})

    handshake = (
        f"GET {GAME_SERVERS} HTTP/1.1\r\nHost: board.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    async with connection(echo, ws=BoundedSocketProtocol) as (reader, writer), asyncio.timeout(PATIENCE_S):
        writer.write(handshake.encode())
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(40):
            writer.write((b"\x81\x82" + bytes(4) + b"hi") * 50)
            assert await reader.readexactly(4 * 50) == b"\x81\x02hi" * 50


# --- Frames that cannot be read ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frame", "code", "frame_id"),
    [
        ("{", "malformed_json", None),
        ("", "malformed_json", None),
        (b'{"id":1,"sessions":[]}', "unsupported_media_type", None),
        ("[]", "not_an_object", None),
        ("null", "not_an_object", None),
        ('{"id":1,"id":2,"sessions":[]}', "duplicate_field", None),
        ('{"id":1}', "missing_field", 1),
        ('{"sessions":[]}', "missing_field", None),
        ('{"id":[1],"sessions":[]}', "wrong_type", None),
        ('{"id":null,"sessions":[]}', "wrong_type", None),
        (f'{{"id":"{"x" * 65}","sessions":[]}}', "wrong_type", None),
        (f'{{"id":{2**53},"sessions":[]}}', "wrong_type", None),
        ('{"id":1,"sessions":{}}', "wrong_type", 1),
        ('{"id":1,"sessions":[]}', "batch_size_out_of_range", 1),
        ('{"id":"a","sessions":[' + ",".join(["{}"] * 1001) + "]}", "batch_size_out_of_range", "a"),
        ('{"id":1,"type":"lb.push","sessions":[]}', "unknown_field", 1),
        ('{"id":1,"op":"subscribe","board":"global"}', "unknown_field", 1),
        ('{"id":1,"sessions":' + "[" * 100_000 + "]" * 100_000 + "}", "json_too_deep", None),
        ('{"id":1,"sessions":[' + "9" * 5000 + "]}", "number_out_of_range", None),
        ('{"id":1,"sessions":["' + "x" * 1024 * 1024 + '"]}', "body_too_large", None),
    ],
)
async def test_a_frame_that_cannot_be_read_is_answered_by_a_typed_error(
    server: Server, arena: GameServer, frame: str | bytes, code: str, frame_id: Any
) -> None:
    async with socket_of(server, arena.secret) as peer:
        await peer.connection.send(frame)

        answer = await peer.hears()

        assert answer["error"]["code"] == code
        assert answer.get("id") == frame_id
        assert 400 <= answer["status"] < 500
        assert [result["status"] for result in await peer.submits(2, item("alice"))] == [201]


async def test_the_tenth_unreadable_frame_in_a_row_ends_the_socket(server: Server, arena: GameServer) -> None:
    async with socket_of(server, arena.secret) as peer:
        for _ in range(9):
            await peer.connection.send("{")
            await peer.hears()
        await peer.submits(1, item("alice"))
        for _ in range(10):
            await peer.connection.send("{")

        bye, code = await peer.is_told_to_go()

    assert (bye["code"], bye["retry_ms"], code) == (4005, None, 4005)
    assert len([frame for frame in peer.frames if "error" in frame]) == 19


# --- Who may come in, and for how long ---------------------------------------------------------------


@pytest.mark.parametrize("revoked_by", ["this process", "another process"])
async def test_a_revoked_key_ends_its_sockets_within_a_second_or_so(
    server: Server, arena: GameServer, revoked_by: str
) -> None:
    async with socket_of(server, arena.secret) as peer:
        await peer.submits(1, item("alice"))
        if revoked_by == "this process":
            await in_thread(api_keys.revoke, arena.api_key)
        else:
            await in_thread(lambda: ApiKey.objects.filter(pk=arena.api_key.pk).update(revoked_at=timezone.now()))

        async with asyncio.timeout(3):
            bye, code = await peer.is_told_to_go()

    assert (bye["code"], bye["retry_ms"], code) == (4003, None, 4003)


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ([], "authentication_required"),
        (["Bearer eyJh"], "authentication_required"),
        (["Api-Key rk_wrong"], "invalid_api_key"),
        (["Api-Key {secret}", "Api-Key {secret}"], "authentication_required"),
    ],
)
async def test_without_one_good_key_the_handshake_is_refused(
    server: Server, arena: GameServer, authorization: list[str], code: str
) -> None:
    headers = [("Authorization", each.format(secret=arena.secret)) for each in authorization]

    with pytest.raises(InvalidStatus) as refused:
        async with socket_of(server, None, additional_headers=headers):
            pass

    response = refused.value.response
    assert (response.status_code, json.loads(response.body or b"{}")["error"]["code"]) == (403, code)


async def test_a_key_without_the_scope_is_refused(server: Server, ranks: None) -> None:
    _, secret = await in_thread(api_keys.create, "visitors", [ApiKey.Scope.CREATE_PLAYERS])

    with pytest.raises(InvalidStatus) as refused:
        async with socket_of(server, secret):
            pass

    response = refused.value.response
    assert (response.status_code, json.loads(response.body or b"{}")["error"]["code"]) == (403, "missing_scope")


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://sub.127.0.0.1", "https://127.0.0.1.evil.example"]
)
async def test_a_foreign_page_is_refused_whatever_key_it_shows(server: Server, arena: GameServer, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with socket_of(server, arena.secret, origin=origin):
            pass

    assert refused.value.response.status_code == 403


async def test_while_nobody_can_tell_the_handshake_may_be_tried_again(server: Server, arena: GameServer) -> None:
    with somebody_else() as other:
        other.execute("LOCK TABLE api_keys IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(InvalidStatus) as refused:
            async with socket_of(server, arena.secret, open_timeout=PATIENCE_S):
                pass

    assert refused.value.response.status_code == 503
    assert refused.value.response.headers["Retry-After"] == "1"


async def test_one_socket_too_many_is_told_to_come_back(settings: Any, ranks: None, arena: GameServer) -> None:
    settings.REALTIME = {"submit_sockets": 1}
    with serving() as server:
        headers = {"Authorization": f"Api-Key {arena.secret}"}
        url = f"ws://127.0.0.1:{server.port}{GAME_SERVERS}"
        async with socket_of(server, arena.secret), connect(url, additional_headers=headers) as one_more:
            bye, code = await Peer(one_more).is_told_to_go()
        # The server frees the place when it hears that the one who had it has left.
        greeting: dict[str, Any] = {}
        async with asyncio.timeout(PATIENCE_S):
            while greeting.get("type") != "hello":
                async with connect(url, additional_headers=headers) as later:
                    greeting = await Peer(later).hears()

    assert (bye["code"], bye["retry_ms"], code) == (4100, [1_000, 10_000], 4100)


async def test_at_a_shutdown_what_is_in_flight_is_answered_and_nothing_new_is_taken(
    ranks: None, arena: GameServer
) -> None:
    with serving() as server:
        async with socket_of(server, arena.secret) as peer, socket_of(server, arena.secret) as idle:
            with closed_gate():
                await peer.say(id="in flight", sessions=[item("alice", 1)])
                await peer.say(id="read", sessions=[])
                await peer.hears()
                stopping = asyncio.create_task(asyncio.to_thread(server.stop))
                await idle.is_told_to_go()  # and with it all are read no longer
                await peer.say(id="too late", sessions=[item("alice", 1)])
                await peer.hears_nothing(0.2)

            bye, code = await peer.is_told_to_go()
            await stopping

    assert (bye["code"], bye["retry_ms"], code) == (4101, [200, 3_000], 4101)
    assert [frame["id"] for frame in peer.frames if "receipts" in frame] == ["in flight"]
    assert await in_thread(total_of, "alice") == (1, 1)


async def test_a_batch_over_rest_and_a_frame_have_the_same_envelope_errors(server: Server, arena: GameServer) -> None:
    over_rest = error_of(await in_thread(lambda: arena.post("/api/leaderboard/submit/batch", '{"sessions": []}')), 400)

    async with socket_of(server, arena.secret) as peer:
        await peer.say(id=1, sessions=[])

        assert (await peer.hears())["error"] == over_rest
