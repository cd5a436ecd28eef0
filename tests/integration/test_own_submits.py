"""Players who submit for themselves, where they may."""

from __future__ import annotations

from typing import Any

import pytest

from scores import ledger
from scores.accounts.limits import Rate
from scores.models import Client, GameSession, Player
from tests.accounts import account, nobody_counts, post, tokens
from tests.api import BATCH, SUBMIT, GameServer, error_of, session, stored

pytestmark = pytest.mark.usefixtures("committed")

GAME: dict[str, Any] = {"score": 50, "game_mode": "survival"}


@pytest.fixture(autouse=True)
def players_may_submit(settings: Any) -> None:
    settings.PLAYERS_MAY_SUBMIT = True


@pytest.fixture
def token(committed: None) -> str:
    """Alice's."""
    account("alice")
    return str(tokens("alice")["access_token"])


def submit(token: str, document: Any, **headers: str) -> Any:
    return post(SUBMIT, document, token=token, **headers)


def submit_batch(token: str, *items: Any) -> Any:
    return post(BATCH, {"sessions": items}, token=token)


def test_a_player_submits_for_themselves_and_needs_not_say_who_they_are(token: str) -> None:
    alice = Player.objects.get()

    first = submit(token, GAME)
    second = submit(token, {**GAME, "user_id": alice.pk})

    assert (first.status_code, second.status_code) == (201, 201)
    assert (first.json()["user_id"], first.json()["username"]) == (alice.pk, "alice")
    assert second.json()["total_score"] == 100


def test_a_players_sessions_belong_to_a_client_of_their_own(token: str) -> None:
    for _ in range(2):
        submit(token, GAME)

    alice = Player.objects.get()
    assert {found.client for found in GameSession.objects.select_related("client")} == {Client.objects.get(user=alice)}


def test_nobody_submits_where_players_may_not(token: str, settings: Any) -> None:
    settings.PLAYERS_MAY_SUBMIT = False

    for response in (submit(token, GAME), submit_batch(token, GAME)):
        assert error_of(response, 403)["code"] == "players_may_not_submit"
    assert GameServer().submit(session(Player.objects.get())).status_code == 201


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"user_id": 4711}, 403, "not_your_player"),
        ({"user_id": 0}, 403, "not_your_player"),
        ({"username": "alice"}, 400, "username_not_allowed"),
        ({"username": "bob"}, 400, "username_not_allowed"),
        ({"played_at": "2026-01-01T00:00:00Z"}, 400, "played_at_not_allowed"),
        ({"is_staff": True}, 400, "unknown_field"),
        ({"client_id": 1}, 400, "unknown_field"),
        ({"score": -1}, 400, "score_out_of_range"),
    ],
)
def test_what_a_player_may_not_say_is_refused_alone_and_in_a_batch(
    token: str, fields: dict[str, Any], status: int, code: str
) -> None:
    before = stored()

    alone = error_of(submit(token, {**GAME, **fields}), status)
    [result] = submit_batch(token, {**GAME, **fields}).json()["results"]

    assert alone["code"] == result["error"]["code"] == code
    assert alone["fields"] == list(fields)
    assert result["status"] == status
    assert stored() == before


def test_a_batch_of_a_player_is_recorded_item_by_item(token: str) -> None:
    results = submit_batch(token, GAME, {**GAME, "user_id": 4711}, GAME).json()["results"]

    assert [result["status"] for result in results] == [201, 403, 201]


def test_idempotency_keys_belong_to_the_player(token: str) -> None:
    account("bob")
    bobs = str(tokens("bob")["access_token"])
    server = GameServer()
    key = {"Idempotency-Key": "game-1"}

    first, again = submit(token, GAME, **key), submit(token, GAME, **key)
    with_id = submit(token, {**GAME, "user_id": Player.objects.get(username="alice").pk}, **key)
    other = submit(token, {**GAME, "score": 51}, **key)

    assert "Idempotent-Replayed" not in first.headers
    assert again["Idempotent-Replayed"] == with_id["Idempotent-Replayed"] == "true"
    assert first.json()["session_id"] == again.json()["session_id"] == with_id.json()["session_id"]
    assert error_of(other, 422)["code"] == "idempotency_key_reused"
    assert "Idempotent-Replayed" not in submit(bobs, GAME, **key).headers
    assert "Idempotent-Replayed" not in server.submit(session("alice"), key="game-1").headers
    assert GameSession.objects.count() == 3


def test_a_retry_after_the_next_login_is_known_as_one(token: str) -> None:
    first = submit(token, GAME, **{"Idempotency-Key": "game-1"})

    again = submit(str(tokens("alice")["access_token"]), GAME, **{"Idempotency-Key": "game-1"})

    assert again["Idempotent-Replayed"] == "true"
    assert again.json()["session_id"] == first.json()["session_id"]


def test_a_player_submits_no_more_than_anybody_plays(token: str, settings: Any) -> None:
    settings.ACCOUNTS = {"submit_by_player": Rate(4, 0.001)}
    account("bob")
    assert submit(token, GAME).status_code == 201
    assert submit_batch(token, GAME, GAME).status_code == 200

    too_many = submit_batch(token, GAME, GAME)
    assert error_of(too_many, 429)["code"] == "too_many_requests"
    assert int(too_many["Retry-After"]) > 0
    assert error_of(submit_batch(token, *[GAME] * 5), 400)["code"] == "batch_size_out_of_range"
    assert submit(token, GAME).status_code == 201
    assert error_of(submit(token, GAME), 429)["code"] == "too_many_requests"
    assert submit(str(tokens("bob")["access_token"]), GAME).status_code == 201
    server = GameServer()
    assert all(server.submit(session("alice")).status_code == 201 for _ in range(5))


def test_without_valkey_players_go_on_submitting(token: str) -> None:
    with nobody_counts():
        assert submit(token, GAME).status_code == 201


def test_a_banned_players_sessions_are_kept_and_hidden(token: str) -> None:
    ledger.ban(user_id=Player.objects.get().pk, by=None, reason="cheating")

    receipt = submit(token, GAME).json()

    assert (receipt["status"], receipt["rank"]) == ("banned", None)


def test_a_token_that_is_none_submits_nothing() -> None:
    assert error_of(submit("abc.def.ghi", GAME), 401)["code"] == "invalid_token"
    assert error_of(post(SUBMIT, GAME), 401)["code"] == "authentication_required"
