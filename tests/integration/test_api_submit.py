"""Submitting single sessions over REST."""

from __future__ import annotations

import io
import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.db import connection, connections

from scores import group_commit, ledger
from scores.api.views.submit import SubmitView
from scores.models import ApiKey, GameSession, Player, Standing
from tests.api import SUBMIT, GameServer, error_of, session, stored
from tests.faults.inside import closed_gate, stuck
from tests.ledger import make_ranks

pytestmark = pytest.mark.usefixtures("committed", "door")


@pytest.fixture
def arena(committed: None) -> GameServer:
    make_ranks()
    return GameServer("arena")


def test_a_session_is_recorded_and_ranked(arena: GameServer, alice: Player) -> None:
    response = arena.submit(session(alice, 50, outcome="win"))

    assert response.status_code == 201
    receipt = response.json()
    assert datetime.fromisoformat(receipt.pop("timestamp")).tzinfo is not None
    assert receipt == {
        "session_id": GameSession.objects.get().id,
        "user_id": alice.id,
        "username": "alice",
        "score": 50,
        "game_mode": "survival",
        "outcome": "win",
        "total_score": 50,
        "rank": 1,
        "status": "recorded",
    }
    assert "Idempotent-Replayed" not in response


def test_totals_add_up_and_ranks_follow(arena: GameServer, alice: Player, bob: Player) -> None:
    arena.submit(session(alice, 50))
    arena.submit(session(bob, 40))

    receipt = arena.submit(session(bob, 20)).json()

    assert (receipt["total_score"], receipt["rank"]) == (60, 1)


def test_a_session_without_ranks_has_no_rank(alice: Player) -> None:
    receipt = GameServer().submit(session(alice)).json()

    assert receipt["rank"] is None


def test_the_largest_score_is_kept_exactly(arena: GameServer, alice: Player) -> None:
    receipt = arena.submit(session(alice, 2**53 - 1)).json()

    assert receipt["total_score"] == 2**53 - 1
    assert error_of(arena.submit(session(alice, 1)), 422)["code"] == "total_out_of_range"


def test_a_session_counts_when_it_was_played(arena: GameServer, alice: Player) -> None:
    played_at = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3)

    receipt = arena.submit(session(alice, played_at=played_at.isoformat())).json()

    assert datetime.fromisoformat(receipt["timestamp"]) == played_at


def test_a_retry_counts_once_and_says_so(arena: GameServer, alice: Player, bob: Player) -> None:
    first = arena.submit(session(alice, 50), key="game-1")
    arena.submit(session(bob, 60))

    again = arena.submit(session(alice, 50), key="game-1")

    assert again.status_code == 201
    assert again["Idempotent-Replayed"] == "true"
    assert again.json() == {**first.json(), "rank": 2}
    assert Standing.objects.get(user=alice).total_score == 50


def test_quotes_around_an_idempotency_key_are_syntax(arena: GameServer, alice: Player) -> None:
    arena.submit(session(alice), key="game-1")

    assert arena.submit(session(alice), key='"game-1"')["Idempotent-Replayed"] == "true"


def test_a_retry_with_another_key_of_the_same_client_is_recognised(arena: GameServer, alice: Player) -> None:
    arena.submit(session(alice), key="game-1")

    assert GameServer("arena").submit(session(alice), key="game-1")["Idempotent-Replayed"] == "true"


def test_clients_do_not_share_idempotency_keys(arena: GameServer, alice: Player) -> None:
    arena.submit(session(alice, 50), key="game-1")

    response = GameServer("raid").submit(session(alice, 50), key="game-1")

    assert "Idempotent-Replayed" not in response
    assert response.json()["total_score"] == 100


def test_a_key_that_stands_for_another_session_is_refused(arena: GameServer, alice: Player) -> None:
    arena.submit(session(alice, 50), key="game-1")

    error = error_of(arena.submit(session(alice, 51), key="game-1"), 422)

    assert error["code"] == "idempotency_key_reused"
    assert Standing.objects.get(user=alice).total_score == 50


def test_the_same_key_fifty_times_at_once_counts_once(arena: GameServer, alice: Player) -> None:
    answers: list[Any] = []

    def submit() -> None:
        answers.append(arena.submit(session(alice, 50), key="game-1"))
        connections.close_all()

    threads = [threading.Thread(target=submit) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert [answer.status_code for answer in answers] == [201] * 50
    assert len({answer.json()["session_id"] for answer in answers}) == 1
    assert sum("Idempotent-Replayed" in answer for answer in answers) == 49
    assert Standing.objects.get(user=alice).total_score == 50


def test_a_banned_player_is_told_so_and_still_recorded(arena: GameServer, alice: Player) -> None:
    ledger.ban(user_id=alice.id, by=None, reason="Cheated.")

    response = arena.submit(session(alice, 50))

    assert response.status_code == 201
    assert (response.json()["status"], response.json()["rank"]) == ("banned", None)
    assert response.json()["total_score"] == 50


def test_an_unknown_player_is_refused(arena: GameServer) -> None:
    assert error_of(arena.submit({**session("nobody"), "game_mode": "x"}), 404)["code"] == "unknown_player"
    assert error_of(arena.submit({"user_id": 2**63 - 1, "score": 1, "game_mode": "x"}), 404)["code"] == "unknown_player"
    assert not Player.objects.exists()


def test_a_key_that_may_create_players_creates_them(committed: None) -> None:
    raid = GameServer("raid", (ApiKey.Scope.SUBMIT, ApiKey.Scope.CREATE_PLAYERS))

    receipt = raid.submit(session("  Zoe\u0308 ")).json()

    assert receipt["username"] == "Zoë"
    assert Player.objects.get().username == "Zoë"


def test_a_submit_without_a_key_is_unauthorised(alice: Player) -> None:
    server = GameServer()
    before = stored()

    response = server.submit(session(alice), Authorization="")

    assert error_of(response, 401)["code"] == "authentication_required"
    assert response["WWW-Authenticate"] == "Api-Key"
    assert stored() == before


@pytest.mark.parametrize(
    "authorization",
    [
        "Api-Key",
        "Api-Key rk_short",
        f"Api-Key rk_aaaaaaaa_{'a' * 43}",
        f"api-key rk_aaaaaaaa_{'a' * 43} ",
        f"Api-Key rk_aaaaaaaa_{'é' * 43}",
        "Bearer abc.def.ghi",
        "Basic YWxpY2U6YWxpY2U=",
        "\x00",
    ],
)
def test_a_foreign_key_is_unauthorised(alice: Player, authorization: str) -> None:
    response = GameServer().submit(session(alice), Authorization=authorization)

    assert error_of(response, 401)["code"] in {"invalid_api_key", "invalid_token", "authentication_required"}


def test_a_key_without_the_scope_may_not_submit(alice: Player) -> None:
    response = GameServer("raid", (ApiKey.Scope.CREATE_PLAYERS,)).submit(session(alice))

    assert error_of(response, 403)["code"] == "missing_scope"


def test_a_full_queue_says_when_to_come_back(arena: GameServer, alice: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    full = group_commit.Committer(capacity=0)
    monkeypatch.setattr(group_commit._process, "_committer", full)

    response = arena.submit(session(alice))

    assert error_of(response, 503)["code"] == "unavailable"
    assert int(response["Retry-After"]) >= 1
    full.drain(1)


def test_a_ledger_that_takes_too_long_leaves_the_outcome_unknown(
    arena: GameServer, alice: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scores.api.recording.PATIENCE_S", 0.2)

    with closed_gate():
        response = arena.submit(session(alice, 50), key="game-1")

    assert error_of(response, 503)["code"] == "outcome_unknown"
    assert "Retry-After" in response
    monkeypatch.undo()
    assert arena.submit(session(alice, 50), key="game-1").json()["total_score"] == 50


def test_a_session_that_never_left_the_queue_is_surely_not_recorded(
    arena: GameServer, alice: Player, bob: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = group_commit.Committer(threads=1)
    monkeypatch.setattr(group_commit._process, "_committer", small)
    monkeypatch.setattr("scores.api.recording.PATIENCE_S", 0.2)

    with closed_gate():
        on_its_way = arena.submit(session(alice))
        in_the_queue = arena.submit(session(bob))

    assert error_of(on_its_way, 503)["code"] == "outcome_unknown"
    assert error_of(in_the_queue, 503)["code"] == "unavailable"
    assert small.drain(5)
    assert not GameSession.objects.filter(user=bob).exists()


def test_a_submit_that_waits_holds_no_connection(
    arena: GameServer, alice: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.api.current_door", None)  # Django in this very thread, whose connection is looked at

    arena.submit(session(alice))

    assert connection.connection is None


def test_a_key_that_cannot_be_looked_up_is_not_called_wrong(arena: GameServer, alice: Player) -> None:
    with stuck("api_keys"):
        response = arena.submit(session(alice))

    assert error_of(response, 503)["code"] == "unavailable"


def test_a_chunked_body_tells_no_length_and_is_read(arena: GameServer, alice: Player) -> None:
    headers = [(b"content-type", b"application/json"), (b"authorization", f"Api-Key {arena.secret}".encode())]
    scope = {"type": "http", "method": "POST", "path": SUBMIT, "headers": headers}

    response = SubmitView.as_view()(ASGIRequest(scope, io.BytesIO(json.dumps(session(alice)).encode())))

    assert response.status_code == 201
