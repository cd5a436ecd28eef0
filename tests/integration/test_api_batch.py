"""Submitting many sessions over REST."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scores import group_commit
from scores.models import ApiKey, GameSession, Player, Standing
from tests.api import BATCH, GameServer, error_of, session, stored
from tests.ledger import make_ranks

pytestmark = pytest.mark.usefixtures("committed", "door")


@pytest.fixture
def arena(committed: None) -> GameServer:
    make_ranks()
    return GameServer("arena")


def test_every_session_gets_its_own_result_in_order(arena: GameServer, alice: Player, bob: Player) -> None:
    results = arena.submit_batch(
        session(alice, 50),
        session("nobody", 1),
        session(bob, -1),
        {**session(bob), "is_staff": True},
        "not an object",
        session(bob, 60),
    )

    assert [result["status"] for result in results] == [201, 404, 400, 400, 400, 201]
    assert [result["error"]["code"] for result in results[1:5]] == [
        "unknown_player",
        "score_out_of_range",
        "unknown_field",
        "not_an_object",
    ]
    assert set(results[0]) == {"status", "receipt", "replayed"}
    assert set(results[1]) == {"status", "error"}
    assert (results[0]["receipt"]["user_id"], results[0]["receipt"]["total_score"]) == (alice.id, 50)
    assert (results[5]["receipt"]["user_id"], results[5]["receipt"]["rank"]) == (bob.id, 1)
    assert GameSession.objects.count() == 2


def test_a_thousand_sessions_are_taken(arena: GameServer, alice: Player) -> None:
    results = arena.submit_batch(*[session(alice, 1)] * 1000)

    assert {result["status"] for result in results} == {201}
    assert Standing.objects.get(user=alice).total_score == 1000


def test_items_carry_their_own_idempotency_keys(arena: GameServer, alice: Player) -> None:
    item = session(alice, 50, idempotency_key="game-1")

    twins = arena.submit_batch(item, item)
    [replayed, other] = arena.submit_batch(item, {**item, "score": 51})

    assert [twin["replayed"] for twin in twins] == [False, True]
    assert replayed["replayed"] is True
    assert len({result["receipt"]["session_id"] for result in (*twins, replayed)}) == 1
    assert (other["status"], other["error"]["code"]) == (422, "idempotency_key_reused")
    assert Standing.objects.get(user=alice).total_score == 50


def test_a_key_is_the_same_alone_and_in_a_batch(arena: GameServer, alice: Player) -> None:
    arena.submit(session(alice, 50), key="game-1")

    [result] = arena.submit_batch(session(alice, 50, idempotency_key="game-1"))

    assert result["replayed"] is True


def test_new_players_of_a_batch_are_made_once(committed: None) -> None:
    raid = GameServer("raid", (ApiKey.Scope.SUBMIT, ApiKey.Scope.CREATE_PLAYERS))

    results = raid.submit_batch(session("dora", 1), session("dora", 2), session(" dora ", 3))

    assert [result["status"] for result in results] == [201, 201, 201]
    assert Standing.objects.get(user__username="dora").total_score == 6


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"sessions": []}, "batch_size_out_of_range"),
        ({"sessions": [{}] * 1001}, "batch_size_out_of_range"),
        ({"sessions": {}}, "wrong_type"),
        ({"sessions": None}, "wrong_type"),
        ({}, "missing_field"),
        ({"session": []}, "unknown_field"),
        ({"sessions": [{}], "idempotency_key": "game-1"}, "unknown_field"),
        ([], "not_an_object"),
    ],
)
def test_a_wrong_envelope_fails_as_a_whole(arena: GameServer, document: Any, code: str) -> None:
    assert error_of(arena.post(BATCH, json.dumps(document)), 400)["code"] == code


def test_an_idempotency_key_for_all_is_refused(arena: GameServer, alice: Player) -> None:
    before = stored()
    body = json.dumps({"sessions": [session(alice)]})

    error = error_of(arena.post(BATCH, body, **{"Idempotency-Key": "game-1"}), 400)

    assert error["code"] == "idempotency_key_per_item"
    assert stored() == before


def test_a_body_may_be_a_mebibyte_and_no_more(arena: GameServer, alice: Player) -> None:
    body = json.dumps({"sessions": [session(alice)]})

    assert arena.post(BATCH, body.ljust(1024 * 1024)).status_code == 200
    assert error_of(arena.post(BATCH, body.ljust(1024 * 1024 + 1)), 413)["code"] == "body_too_large"


def test_a_batch_needs_a_key_with_the_scope(arena: GameServer, alice: Player) -> None:
    body = json.dumps({"sessions": [session(alice)]})

    assert error_of(arena.post(BATCH, body, Authorization=""), 401)["code"] == "authentication_required"
    assert (
        error_of(GameServer("raid", (ApiKey.Scope.CREATE_PLAYERS,)).post(BATCH, body), 403)["code"] == "missing_scope"
    )


def test_a_batch_that_finds_no_room_is_refused_as_a_whole(
    arena: GameServer, alice: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = group_commit.Committer(capacity=1)
    monkeypatch.setattr(group_commit._process, "_committer", small)
    before = stored()

    response = arena.post(BATCH, json.dumps({"sessions": [session(alice), session(alice)]}))

    assert error_of(response, 503)["code"] == "unavailable"
    assert "Retry-After" in response
    assert small.drain(5)
    assert stored() == before
