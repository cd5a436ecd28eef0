"""What still works while a store is away or silent; afterwards everything does, with nothing restarted."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from tests.acceptance.serving import eventually
from tests.faults.proxy import BLACK_HOLE, REFUSE, Fault
from tests.faults.rig import Rig

pytestmark = pytest.mark.timeout(180)

#: Promised are three seconds; a busy machine with other tests beside gets more.
_ANSWER_S = 3.0 * 3
_CONVERGED_S = 20.0
_AT_ONCE = 24
_SLOW = Fault(delay_s=2.0)

to_either_door = pytest.mark.parametrize("more", [{}, {"Content-Encoding": "identity"}], ids=["fast door", "Django"])


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with Rig(webs=1) as whole:
        _submit(whole, [("steady", f"first-{time.time_ns()}")])
        assert eventually(lambda: _source(whole) == "ranks", within_s=_CONVERGED_S), whole.last_words()
        yield whole


@pytest.fixture
def keys() -> list[tuple[str, str]]:
    """A session for each of many players, under its key."""
    return [(f"player {number}", f"{number}-{time.time_ns()}") for number in range(_AT_ONCE)]


@to_either_door
@pytest.mark.parametrize("fault", [BLACK_HOLE, REFUSE], ids=["silent", "away"])
def test_without_postgresql_submits_are_refused_in_time_and_boards_go_on(
    rig: Rig, fault: Fault, keys: list[tuple[str, str]], more: dict[str, str]
) -> None:
    web = rig.webs[0].pid
    before = _total_scores(rig)
    with rig.postgresql.meeting(fault):
        refused = _submit(rig, keys, headers=more)
        assert {answer.status_code for answer in refused} == {503}
        assert {answer.headers["retry-after"] for answer in refused} == {"1"}
        assert {answer.json()["error"]["code"] for answer in refused} <= {"unavailable", "outcome_unknown"}

        assert _source(rig) == "ranks"
        assert httpx.get(f"{rig.url}/", timeout=_ANSWER_S).status_code == 200
        assert httpx.get(f"{rig.url}/healthz", timeout=_ANSWER_S).status_code == 200
        ready = httpx.get(f"{rig.url}/readyz", timeout=_ANSWER_S)
        assert (ready.status_code, ready.json()["postgresql"], ready.json()["valkey"]) == (503, "away", "ok")
        with _watching(rig) as live:
            assert _hears(live, lambda frame: frame.get("source") == "ranks" and frame["rows"])

    assert eventually(rig.is_ready, within_s=_CONVERGED_S), rig.last_words()
    stored = _submit(rig, keys, headers=more)
    assert {answer.status_code for answer in stored} == {201}
    # Whatever became of the first tries: each session counts once.
    assert eventually(lambda: _counts_once(rig, before, keys), within_s=_CONVERGED_S), _total_scores(rig)
    assert rig.webs[0].pid == web


@pytest.mark.parametrize("fault", [BLACK_HOLE, REFUSE, _SLOW], ids=["silent", "away", "slow"])
def test_without_valkey_everything_comes_from_postgresql(rig: Rig, fault: Fault, keys: list[tuple[str, str]]) -> None:
    with rig.valkey.meeting(fault), _watching(rig) as live:
        _submit(rig, keys[:1])  # who comes first finds out, and waits a moment for it
        stored = _submit(rig, keys[1:])
        assert {(answer.status_code, answer.json()["rank"]) for answer in stored} == {(201, None)}

        assert eventually(lambda: _source(rig) == "sql", within_s=_CONVERGED_S)
        assert _rank(rig, stored[0].json()["user_id"])["source"] == "sql"
        assert 'data-source="sql"' in httpx.get(f"{rig.url}/", timeout=_ANSWER_S).text
        ready = httpx.get(f"{rig.url}/readyz", timeout=_ANSWER_S)
        assert (ready.status_code, ready.json()["status"], ready.json()["valkey"]) == (200, "degraded", "away")
        # An open page sees what is submitted meanwhile: a snapshot a second.
        winner, key = f"winner {time.time_ns()}", f"winner-{time.time_ns()}"
        assert _submit(rig, [(winner, key)], score=10**6)[0].status_code == 201
        assert _hears(live, lambda frame: frame.get("source") == "sql" and winner in json.dumps(frame))

    assert eventually(lambda: _source(rig) == "ranks" and winner in _total_scores(rig), within_s=_CONVERGED_S)


def test_without_either_store_a_page_says_so_in_time(rig: Rig) -> None:
    with rig.postgresql.meeting(BLACK_HOLE), rig.valkey.meeting(BLACK_HOLE):
        page = httpx.get(f"{rig.url}/", headers={"Accept": "text/html"}, timeout=_ANSWER_S)
        assert page.status_code == 503
        assert page.headers["content-type"].startswith("text/html")
        top = httpx.get(f"{rig.url}/api/leaderboard/top", timeout=_ANSWER_S)
        assert (top.status_code, top.json()["error"]["code"]) == (503, "unavailable")
        assert httpx.get(f"{rig.url}/healthz", timeout=_ANSWER_S).status_code == 200

    assert eventually(rig.is_ready, within_s=_CONVERGED_S), rig.last_words()
    assert eventually(lambda: _source(rig) == "ranks", within_s=_CONVERGED_S)


def _submit(
    rig: Rig, keys: Sequence[tuple[str, str]], *, score: int = 1, headers: Mapping[str, str] | None = None
) -> list[httpx.Response]:
    """One session for each of them, all at once; the answers in order."""

    def one(key: tuple[str, str]) -> httpx.Response:
        username, idempotency_key = key
        return httpx.post(
            f"{rig.url}/api/leaderboard/submit",
            headers={"Authorization": f"Api-Key {rig.api_key}", "Idempotency-Key": idempotency_key}
            | dict(headers or {}),
            json={"username": username, "score": score, "game_mode": "survival"},
            timeout=_ANSWER_S,
        )

    with ThreadPoolExecutor(_AT_ONCE) as players:
        return list(players.map(one, keys))


def _top(rig: Rig) -> dict[str, Any]:
    answer = httpx.get(f"{rig.url}/api/leaderboard/top?limit=100", timeout=_ANSWER_S)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def _rank(rig: Rig, user_id: int) -> dict[str, Any]:
    body: dict[str, Any] = httpx.get(f"{rig.url}/api/leaderboard/rank/{user_id}", timeout=_ANSWER_S).json()
    return body


def _source(rig: Rig) -> str:
    return str(_top(rig)["source"])


def _total_scores(rig: Rig) -> dict[str, int]:
    return {row["username"]: row["total_score"] for row in _top(rig)["top_players"]}


def _counts_once(rig: Rig, before: dict[str, int], keys: Sequence[tuple[str, str]]) -> bool:
    now = _total_scores(rig)
    return all(now.get(username) == before.get(username, 0) + 1 for username, _ in keys)


@contextmanager
def _watching(rig: Rig) -> Iterator[Any]:
    """A socket that follows the board."""
    address = f"{rig.url.replace('http', 'ws', 1)}/ws/leaderboard/"
    with connect(
        address,
        origin=Origin(rig.url),
        subprotocols=[Subprotocol("lb.v1")],
        proxy=None,
    ) as live:
        live.send(json.dumps({"op": "subscribe", "board": "global"}))
        yield live


def _hears(live: Any, is_it: Callable[[dict[str, Any]], Any]) -> bool:
    """Whether a frame comes in time that is the one."""
    deadline = time.monotonic() + _CONVERGED_S
    while time.monotonic() < deadline:
        try:
            if is_it(json.loads(live.recv(timeout=max(0.0, deadline - time.monotonic())))):
                return True
        except TimeoutError:
            return False
    return False
