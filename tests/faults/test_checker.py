"""The checker finds each kind of defect: histories by hand, all of them right but for one thing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.faults.checker import Findings, Frame, Stored, check, check_frames
from tests.faults.history import Event


def _session(session_id: int, key: str, **more: Any) -> dict[str, Any]:
    moment = "2026-01-01T00:00:00Z"
    return {"session_id": session_id, "user_id": 7, "score": 50, "game_mode": key, "timestamp": moment, **more}


def _sent(key: str) -> Event:
    return Event("invoke", key, session={"score": 50})


#: `a` was acknowledged twice, `b` refused, `c` left open and recorded, `d` left open and not recorded.
HISTORY = [
    _sent("a"),
    Event("ok", "a", receipt=_session(1, "a", total_score=50, rank=1)),
    _sent("a"),
    Event("ok", "a", receipt=_session(1, "a", total_score=100, rank=1), replayed=True),
    _sent("b"),
    Event("fail", "b", why="404 unknown_player"),
    _sent("c"),
    Event("info", "c", why="the connection was lost"),
    _sent("d"),
]
STORED = Stored(
    sessions={"a": [_session(1, "a")], "c": [_session(2, "c")]},
    keys={"a": 1, "c": 2},
    folded={7: 100},
    standings={7: 100},
    ranks={7: 100},
)


def test_a_history_that_agrees_with_the_stores_is_right() -> None:
    assert not check(HISTORY, STORED)


@pytest.mark.parametrize(
    ("stored", "which", "words"),
    [
        ({"sessions": {"c": [_session(2, "c")]}, "keys": {"c": 2}}, "lost", "a: acknowledged as session 1"),
        ({"sessions": {"a": [_session(1, "a")]}}, "lost", "c: the key leads to session 2"),
        ({"sessions": {**STORED.sessions, "c": [_session(2, "c"), _session(3, "c")]}}, "duplicated", "c: 2 sessions"),
        ({"sessions": {**STORED.sessions, "b": [_session(3, "b")]}}, "wrong", "b: recorded, though"),
        ({"sessions": {**STORED.sessions, "e": [_session(3, "e")]}}, "wrong", "e: 1 sessions that nobody sent"),
        ({"keys": {"a": 2, "c": 2}}, "wrong", "a: the key leads to 2, not to 1"),
        ({"sessions": {**STORED.sessions, "a": [_session(1, "a", user_id=8)]}}, "wrong", "a: different stories"),
        ({"sessions": {**STORED.sessions, "c": [_session(2, "c", score=51)]}}, "wrong", "c: [50] points were sent, 51"),
        ({"standings": {7: 50}, "ranks": {7: 50}}, "wrong", "standings, against the sum of sessions: player 7 has 50"),
        ({"ranks": {7: 50}}, "wrong", "ranks, against the standings: player 7 has 50, not 100"),
        ({"ranks": {7: 100, 8: 1}}, "wrong", "ranks, against the standings: player 8 has 1, not None"),
    ],
)
def test_each_contradiction_is_found(stored: dict[str, Any], which: str, words: str) -> None:
    findings = check(HISTORY, replace(STORED, **stored))

    assert any(words in sentence for sentence in getattr(findings, which)), findings


@pytest.mark.parametrize("spoilt", [{"session_id": 9}, {"timestamp": "2026-01-01T00:00:01Z"}])
def test_two_receipts_that_tell_two_stories_are_found(spoilt: dict[str, Any]) -> None:
    told = [*HISTORY, _sent("a"), Event("ok", "a", receipt=_session(1, "a") | spoilt, replayed=True)]

    findings = check(told, STORED)

    assert any("a: different stories" in sentence for sentence in findings.wrong)


def test_a_session_that_is_told_as_new_twice_is_found() -> None:
    told = [*HISTORY, _sent("a"), Event("ok", "a", receipt=_session(1, "a"))]

    assert check(told, STORED).wrong == ["a: acknowledged as new more than once"]


def test_findings_of_any_kind_are_findings() -> None:
    assert not Findings()
    assert Findings(lost=["a"])
    assert Findings(duplicated=["a"])
    assert Findings(wrong=["a"])


def test_a_viewer_who_goes_back_in_time_is_found() -> None:
    there = [Frame(1, "x", 5), Frame(2, "x", 4), Frame(1, "x", 5), Frame(1, "y", 1), Frame(1, None, None)]

    assert check_frames(there) == []
    assert check_frames([*there, Frame(1, "x", 4)]) == ["connection 1: seq 4 after 5 in epoch x"]
