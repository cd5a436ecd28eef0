"""What the fast door serves itself, what it leaves to Django, and what becomes of requests that are cut off."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from scores import api_keys
from scores.fast_door import FastDoor, door
from scores.models import ApiKey, GameSession, Player
from tests.api import BATCH, SUBMIT, GameServer, session
from tests.doors import scope
from tests.faults.inside import closed_gate
from tests.ledger import make_ranks

pytestmark = pytest.mark.usefixtures("committed")

Header = tuple[bytes, bytes]
HOST = (b"host", b"localhost")
TOP = "/api/leaderboard/top"
FELL_THROUGH = 299


async def behind(scope: Any, receive: Any, send: Any) -> None:
    """Stands where Django does."""
    await send({"type": "http.response.start", "status": FELL_THROUGH, "headers": []})
    await send({"type": "http.response.body", "body": (await receive())["body"]})


async def ask(
    doorway: FastDoor, method: str, target: str, headers: Sequence[Header], body: bytes = b""
) -> tuple[int, dict[bytes, bytes], bytes]:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(event: Any) -> None:
        sent.append(event)

    await doorway(scope(method, target, headers), receive, send)
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


def _waits(doorway: FastDoor) -> int:
    """How many requests wait for what other threads find."""
    return 0 if doorway._resources is None else len(doorway._resources[0]._waiting._deadlines)


class Arena:
    """A game server at a fast door of its own."""

    def __init__(self) -> None:
        self.door = FastDoor(behind)
        self.server = GameServer()

    def headers(self, body: bytes, *more: Header) -> list[Header]:
        return [
            HOST,
            (b"authorization", f"Api-Key {self.server.secret}".encode()),
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            *more,
        ]

    async def submit(self, document: Any, *more: Header, path: str = SUBMIT) -> tuple[int, dict[bytes, bytes], Any]:
        body = json.dumps(document).encode()
        status, headers, answer = await ask(self.door, "POST", path, self.headers(body, *more), body)
        return status, headers, json.loads(answer)


@pytest.fixture
def arena(committed: None) -> Arena:
    return Arena()


async def test_the_hot_requests_never_reach_django(arena: Arena, alice: Player) -> None:
    await asyncio.to_thread(make_ranks)

    assert (await arena.submit(session(alice)))[0] == 201
    assert (await arena.submit({"sessions": [session(alice)]}, path=BATCH))[0] == 200
    for target in (TOP, f"{TOP}?limit=3&offset=1", f"/api/leaderboard/rank/{alice.id}", "/api/leaderboard/around/1"):
        assert (await ask(arena.door, "GET", target, [HOST, (b"accept", b"*/*")]))[0] == 200


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        ("HEAD", TOP, [HOST]),
        ("OPTIONS", TOP, [HOST]),
        ("POST", TOP, [HOST]),
        ("GET", SUBMIT, [HOST]),
        ("GET", f"{TOP}/", [HOST]),
        ("GET", "/api/leaderboard/rank/x", [HOST]),
        ("GET", "/api/leaderboard/rank/1/2", [HOST]),
        ("GET", "/api/leaderboard/rank/", [HOST]),
        ("GET", f"{TOP}?board={'x' * 300}", [HOST]),
        ("GET", "/v1/leaderboard/public", [HOST]),
        ("GET", TOP, []),
        ("GET", TOP, [(b"host", b"evil.example")]),
        ("GET", TOP, [HOST, HOST]),
        ("GET", TOP, [HOST, (b"cookie", b"sessionid=x")]),
        ("GET", TOP, [HOST, (b"content-length", b"2")]),
        ("GET", TOP, [HOST, (b"content-type", b"text/plain; charset=utf-16")]),
        ("GET", TOP, [HOST, (b"expect", b"100-continue")]),
    ],
)
async def test_what_is_not_plain_is_left_to_django(
    arena: Arena, method: str, target: str, headers: list[Header]
) -> None:
    assert (await ask(arena.door, method, target, headers))[0] == FELL_THROUGH


@pytest.mark.parametrize(
    "header",
    [
        (b"content-type", b"application/json; charset=latin-1"),
        (b"content-type", b"text/plain"),
        (b"content-length", b""),
        (b"authorization", b"Bearer x.y.z"),
        (b"authorization", b""),
        (b"content-encoding", b"gzip"),
        (b"transfer-encoding", b"chunked"),
        (b"expect", b"100-continue"),
        (b"host", b"evil.example"),
    ],
)
async def test_a_submit_that_is_not_plain_is_left_to_django_with_its_body(
    arena: Arena, alice: Player, header: Header
) -> None:
    body = json.dumps(session(alice)).encode()
    headers = {**dict(arena.headers(body)), header[0]: header[1]}

    status, _, passed_on = await ask(
        arena.door, "POST", SUBMIT, [(name, value) for name, value in headers.items() if value], body
    )

    assert (status, passed_on) == (FELL_THROUGH, body)


async def test_with_https_plain_http_is_left_to_django_which_redirects(arena: Arena, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True

    assert (await ask(arena.door, "GET", TOP, [HOST]))[0] == FELL_THROUGH


async def test_more_than_can_wait_is_told_so_at_once(
    arena: Arena, alice: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door, "_MOST", 2)

    with closed_gate():
        waiting = [asyncio.create_task(arena.submit(session(alice))) for _ in range(2)]
        await asyncio.sleep(0)
        status, headers, answer = await arena.submit(session(alice))

    assert (status, headers[b"retry-after"], answer["error"]["code"]) == (503, b"1", "unavailable")
    assert [status for status, _, _ in await asyncio.gather(*waiting)] == [201, 201]


async def test_bodies_that_wait_are_bounded_too(arena: Arena, alice: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_MOST_BYTES", 10)

    assert (await arena.submit(session(alice)))[0] == 503


async def test_who_leaves_before_the_body_came_leaves_nothing_behind(arena: Arena, alice: Player) -> None:
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        raise AssertionError("nobody is there")

    await arena.door(scope("POST", SUBMIT, arena.headers(b"{}")), receive, send)

    assert (arena.door._under_way, arena.door._bytes) == (0, 0)


async def test_a_session_whose_request_is_cut_off_stays_queued_and_counts_once(arena: Arena, alice: Player) -> None:
    key = (b"idempotency-key", b"game-1")

    with closed_gate():
        waiting = asyncio.create_task(arena.submit(session(alice), key))
        async with asyncio.timeout(5):
            while not _waits(arena.door):  # noqa: ASYNC110  nobody tells when it has come that far
                await asyncio.sleep(0.01)
        waiting.cancel()
        status, headers, answer = await waiting

    assert (status, answer["error"]["code"], headers[b"retry-after"]) == (503, "outcome_unknown", b"1")
    assert arena.door._under_way == 0
    status, headers, receipt = await arena.submit(session(alice), key)
    assert (status, headers[b"idempotent-replayed"], receipt["total_score"]) == (201, b"true", 50)
    assert await asyncio.to_thread(GameSession.objects.count) == 1
    assert _waits(arena.door) == 0


async def test_of_many_who_show_an_unknown_key_one_asks(
    arena: Arena, alice: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    read = api_keys._read

    def counted(prefix: str, digest: str) -> ApiKey | None:
        asked.append(prefix)
        return read(prefix, digest)

    monkeypatch.setattr(api_keys, "_read", counted)

    answers = await asyncio.gather(*(arena.submit(session(alice, 1)) for _ in range(20)))

    assert [status for status, _, _ in answers] == [201] * 20
    assert len(asked) == 1


async def test_a_revoked_key_is_known_as_such_at_once(arena: Arena, alice: Player) -> None:
    await arena.submit(session(alice))

    await asyncio.to_thread(api_keys.revoke, arena.server.api_key)

    status, headers, answer = await arena.submit(session(alice))
    assert (status, answer["error"]["code"], headers[b"www-authenticate"]) == (401, "invalid_api_key", b"Api-Key")
