"""The promises on a busy evening: nothing acknowledged is lost, nothing counts twice, no wrong board stays."""

from __future__ import annotations

import os
import signal

import httpx

from scores.rows import Row
from tests.acceptance.conftest import Start
from tests.acceptance.processes import descendants, living
from tests.acceptance.serving import Serving, eventually, manage, new_api_key
from tests.acceptance.storm import Storm, stored


def _top(serving: Serving) -> tuple[str, list[Row]]:
    body = httpx.get(f"{serving.url}api/leaderboard/top", timeout=2).json()
    return body["source"], [Row(**row) for row in body["top_players"]]


def _ranks_equal_the_ledger(serving: Serving) -> bool:
    found = stored(serving)
    return found["sessions"] == found["standings"] == found["ranks"]


def test_after_a_storm_sessions_standings_and_ranks_agree(serving: Serving, api_key: str) -> None:
    with Storm(serving.url, api_key) as storm:
        storm.rages(1000)

    found = stored(serving)
    assert storm.refused == []
    assert found["sessions"] == found["standings"] == found["ranks"] == sum(a.score for a in storm.acknowledged)


def test_kill_9_in_a_storm_loses_nothing_and_counts_nothing_twice(start: Start) -> None:
    killed = start()
    api_key = new_api_key(killed.data)
    children = list(descendants(killed.process.pid))
    with Storm(killed.url, api_key) as storm:
        storm.rages(300)
        killed.end(signal.SIGKILL)
        assert eventually(lambda: not living(children), within_s=15), living(children)

    again = start()

    found = stored(again)
    assert isinstance(found["keys"], dict)
    assert {a.key: a.session_id for a in storm.acknowledged}.items() <= found["keys"].items()
    assert eventually(lambda: _ranks_equal_the_ledger(again), within_s=10)
    for one in storm.acknowledged[-10:]:  # a retry finds its session
        replay = httpx.post(
            f"{again.url}api/leaderboard/submit",
            headers={"Authorization": f"Api-Key {api_key}", "Idempotency-Key": one.key},
            json={"username": one.username, "score": one.score, "game_mode": "survival"},
            timeout=10,
        )
        assert (replay.status_code, replay.headers["Idempotent-Replayed"]) == (201, "true")
        assert replay.json()["session_id"] == one.session_id
    assert stored(again)["sessions"] == found["sessions"]


def test_ranks_that_are_lost_in_a_storm_come_back_and_are_never_wrong(start: Start) -> None:
    serving = start()
    api_key = new_api_key(serving.data)
    # One player never plays during the storm: a board without them is a wrong board.
    serving.submit(api_key, "steady", 10**9)
    with Storm(serving.url, api_key) as storm:
        storm.rages(200)
        _flush_valkey(serving)

        sources = set()
        while "ranks" not in sources:
            source, rows = _top(serving)
            sources.add(source)
            assert rows[0].username == "steady"
            assert len(rows) == 10
        storm.rages(200)

    assert storm.refused == []
    assert eventually(lambda: _ranks_equal_the_ledger(serving), within_s=10)


def _flush_valkey(serving: Serving) -> None:
    flushed = manage(
        serving.data,
        "shell",
        "--no-imports",
        "-c",
        "from scores.valkey import valkey; valkey().commands([('FLUSHALL',)])",
    )
    assert flushed.returncode == 0, flushed.stderr


def test_while_postgresql_is_frozen_boards_are_read_and_the_process_says_that_it_lives(start: Start) -> None:
    serving = start()
    api_key = new_api_key(serving.data)
    serving.submit(api_key, "steady", 50)
    with Storm(serving.url, api_key, connections=64) as storm:
        storm.rages(100)
        os.kill(serving.child("bin/postgres"), signal.SIGSTOP)  # first: it must not start another one meanwhile
        postgresql = [pid for pid, args in descendants(serving.process.pid).items() if "postgres" in args.split()[0]]
        for pid in postgresql:
            os.kill(pid, signal.SIGSTOP)
        try:
            for _ in range(20):
                assert _top(serving)[0] == "ranks"
                assert httpx.get(f"{serving.url}healthz", timeout=2).status_code == 200
            assert httpx.get(f"{serving.url}readyz", timeout=4).status_code == 503
        finally:
            for pid in postgresql:
                os.kill(pid, signal.SIGCONT)
        storm.rages(100)  # and goes on where it stood

    assert eventually(lambda: _ranks_equal_the_ledger(serving), within_s=10)
