"""The demo's games, and how they reach the server through outages."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread

import pytest
from rankcast_client import Retries
from typing_extensions import override

from leaderboard_project.demo.games import Game, Season
from leaderboard_project.demo.names import handles
from leaderboard_project.demo.submitter import Refused, Submitter

Answer = tuple[int, dict[str, str], bytes] | None

_GAME = Game(pause_s=0, username="alice", score=50, game_mode="duel", outcome="win")
_RECEIPT: Answer = (
    201,
    {},
    b'{"session_id": 1, "user_id": 7, "username": "alice", "score": 50, "game_mode": "duel", "outcome": "win",'
    b' "timestamp": "2026-11-21T12:00:00Z", "total_score": 50, "rank": 1, "status": "counted"}',
)


def _played(games: int, *, seed: int) -> list[Game]:
    season = Season(players=100, seed=seed)
    totals = dict.fromkeys(season.usernames, 0)
    played = []
    for _ in range(games):
        game = season.next_game()
        totals[game.username] += game.score
        season.learn(game.username, totals[game.username])
        played.append(game)
    return played


def test_every_handle_is_another_one() -> None:
    names = handles(500, random.Random(1))

    assert len({name.casefold() for name in names}) == 500
    assert all(3 <= len(name) <= 40 and name.isascii() and name.isprintable() for name in names)


def test_the_same_seed_plays_the_same_games() -> None:
    assert _played(200, seed=7) == _played(200, seed=7)
    assert _played(200, seed=7) != _played(200, seed=8)


def test_games_come_several_a_second_and_unevenly() -> None:
    pauses = [game.pause_s for game in _played(5000, seed=7)]

    assert 3 < len(pauses) / sum(pauses) < 9
    assert max(pauses) > 1
    assert min(pauses) < 0.05


def test_the_lead_changes_again_and_again_even_after_hours() -> None:
    totals: dict[str, int] = {}
    leaders = []
    for game in _played(10_000, seed=7):
        totals[game.username] = totals.get(game.username, 0) + game.score
        leaders.append(max(totals, key=lambda name: totals[name]))

    late = leaders[5000:]
    assert sum(before != after for before, after in pairwise(late)) > 10
    assert len(set(late)) > 5


@contextmanager
def _server(*answers: Answer) -> Iterator[tuple[str, list[str]]]:
    """A server that gives these answers in turn, None by hanging up; and the Idempotency-Keys it saw."""
    keys: list[str] = []
    script = list(answers)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            keys.append(self.headers["Idempotency-Key"])
            answer = script.pop(0)
            if answer is None:
                self.close_connection = True
                return
            status, headers, body = answer
            self.send_response(status)
            for name, value in {
                **headers,
                "Content-Type": "application/json",
                "Content-Length": str(len(body)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        @override
        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True  # one per kept-alive connection: they must not hold up the end
        block_on_close = False

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/", keys
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _submitter(url: str) -> Iterator[Submitter]:
    submitter = Submitter(url, "rk_test", retries=Retries(deadline_s=30, first_pause_s=0))
    try:
        yield submitter
    finally:
        submitter.close()


def test_a_game_is_submitted_once_whatever_happens_on_the_way() -> None:
    answers: tuple[Answer, ...] = (None, (503, {"Retry-After": "0"}, b"{}"), (500, {}, b"{}"), _RECEIPT)
    with _server(*answers) as (url, keys), _submitter(url) as submitter:
        receipt = submitter.submit(_GAME)

    assert receipt is not None
    assert (receipt.username, receipt.total_score) == ("alice", 50)
    assert (len(keys), len(set(keys))) == (4, 1)


def test_a_game_that_the_server_refuses_is_dropped() -> None:
    refusal: Answer = (422, {}, b'{"error": {"code": "idempotency_key_reused"}}')
    with _server(refusal) as (url, _), _submitter(url) as submitter:
        assert submitter.submit(_GAME) is None


def test_a_key_that_the_server_refuses_ends_the_demo() -> None:
    refusal: Answer = (401, {}, b'{"error": {"detail": "This key is unknown."}}')
    with (
        _server(refusal) as (url, _),
        _submitter(url) as submitter,
        pytest.raises(Refused, match=r"This key is unknown\."),
    ):
        submitter.submit(_GAME)
