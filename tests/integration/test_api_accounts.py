"""The REST resources of accounts, as programs meet them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings as configured
from django.test import Client as Browser

from scores import ledger
from scores.accounts.limits import Rate
from scores.models import Client, GameSession, Player, RefreshFamily
from tests.accounts import (
    ELSEWHERE,
    HERE,
    OTHER_PASSWORD,
    PASSWORD,
    account,
    all_hashing_busy,
    get,
    login,
    nobody_counts,
    post,
    tokens,
)
from tests.api import GameServer, error_of
from tests.ledger import recorded, session

pytestmark = pytest.mark.usefixtures("committed")

POSTS = ("signup", "login", "refresh", "logout", "password", "ticket")


def code_of(response: Any, status: int) -> str:
    return str(error_of(response, status)["code"])


def retry_after_s(response: Any) -> int:
    return int(response["Retry-After"])


def test_a_player_signs_up_and_is_logged_in() -> None:
    response = post("signup", {"username": " Dora ", "password": PASSWORD})

    assert response.status_code == 201, response.content
    pair = response.json()
    dora = Player.objects.get()
    assert pair.keys() == {
        "player",
        "access_token",
        "token_type",
        "expires_in",
        "refresh_token",
        "refresh_expires_at",
    }
    assert pair["player"] == {"user_id": dora.pk, "username": "Dora"}
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 600)
    assert get("me", token=pair["access_token"]).json()["username"] == "Dora"


def test_a_player_logs_in_refreshes_and_logs_out() -> None:
    account()
    first = tokens()

    response = post("refresh", {"refresh_token": first["refresh_token"]})
    second = response.json()
    assert response.status_code == 200
    assert get("me", token=second["access_token"]).status_code == 200

    for _ in range(2):
        response = post("logout", {"refresh_token": second["refresh_token"]})
        assert (response.status_code, response.content) == (204, b"")
    assert code_of(get("me", token=second["access_token"]), 401) == "invalid_token"
    assert code_of(post("refresh", {"refresh_token": second["refresh_token"]}), 401) == "invalid_refresh_token"


def test_a_refresh_token_that_was_used_before_ends_the_login() -> None:
    account()
    first = tokens()
    second = post("refresh", {"refresh_token": first["refresh_token"]}).json()

    assert code_of(post("refresh", {"refresh_token": first["refresh_token"]}), 401) == "invalid_refresh_token"

    assert code_of(post("refresh", {"refresh_token": second["refresh_token"]}), 401) == "invalid_refresh_token"
    assert code_of(get("me", token=second["access_token"]), 401) == "invalid_token"


def test_a_password_is_changed_and_other_logins_end() -> None:
    account()
    here, there = tokens(), tokens()

    response = post("password", {"old_password": PASSWORD, "new_password": OTHER_PASSWORD}, token=here["access_token"])

    assert (response.status_code, response.content) == (204, b"")
    assert get("me", token=here["access_token"]).status_code == 200
    assert code_of(get("me", token=there["access_token"]), 401) == "invalid_token"
    assert code_of(login(), 401) == "wrong_credentials"
    assert login(password=OTHER_PASSWORD).status_code == 200


def test_every_answer_is_kept_by_nobody() -> None:
    account()
    pair = tokens()
    token = pair["access_token"]
    answers = [
        login(),
        login(password=OTHER_PASSWORD),
        post("signup", {"username": "dora", "password": PASSWORD}),
        post("signup", {}),
        post("refresh", {"refresh_token": pair["refresh_token"]}),
        post("ticket", token=token),
        post("logout", {"refresh_token": "unknown"}),
        get("me", token=token),
        get("me/sessions", token=token),
        get("me"),
        get("login"),
    ]

    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}


def test_who_is_unknown_is_told_what_a_wrong_password_is_told() -> None:
    account()
    account("closed", is_active=False)
    account("nobody's", None)

    answers = [
        login(name, password)
        for name, password in [
            ("alice", OTHER_PASSWORD),
            ("unknown", OTHER_PASSWORD),
            ("closed", PASSWORD),
            ("nobody's", PASSWORD),
            ("alice", "x" * 10_000),
            ("\u202e", OTHER_PASSWORD),
            ("", ""),
        ]
    ]

    assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}
    assert answers[0].json()["error"]["code"] == "wrong_credentials"
    assert len({str(sorted(answer.headers)) for answer in answers}) == 1


def test_a_taken_name_a_weak_password_and_a_bad_name_are_told_apart() -> None:
    account()

    assert code_of(post("signup", {"username": "ALICE", "password": PASSWORD}), 409) == "name_taken"
    weak = error_of(post("signup", {"username": "dora", "password": "short"}), 400)
    assert (weak["code"], weak["fields"]) == ("weak_password", ["password"])
    assert "at least 12 characters" in weak["detail"]
    bad = error_of(post("signup", {"username": "a\u0000b", "password": PASSWORD}), 400)
    assert (bad["code"], bad["fields"]) == ("invalid_username", ["username"])
    token = tokens()["access_token"]
    weak = error_of(post("password", {"old_password": PASSWORD, "new_password": "x"}, token=token), 400)
    assert (weak["code"], weak["fields"]) == ("weak_password", ["new_password"])


def test_signing_up_can_be_switched_off(settings: Any) -> None:
    settings.SIGNUP = False

    assert code_of(post("signup", {"username": "dora", "password": PASSWORD}), 403) == "signup_closed"


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "is_active", "state", "rev", "id", "user_id", "groups"])
@pytest.mark.parametrize("path", ["signup", "login"])
def test_nobody_makes_themselves_what_they_are_not(path: str, field: str) -> None:
    response = post(path, {"username": "mallory", "password": PASSWORD, field: 1})

    error = error_of(response, 400)
    assert (error["code"], error["fields"]) == ("unknown_field", [field])
    assert not Player.objects.exists()


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("", "not_an_object"),
        ([], "not_an_object"),
        ({}, "missing_field"),
        ({"username": "dora"}, "missing_field"),
        ({"username": 7, "password": PASSWORD}, "wrong_type"),
        ({"username": None, "password": PASSWORD}, "wrong_type"),
        ({"username": "dora", "password": ["secret"]}, "wrong_type"),
        ({"username": "dora", "password": {"$gt": ""}}, "wrong_type"),
    ],
)
@pytest.mark.parametrize("path", ["signup", "login"])
def test_a_body_that_is_none_is_refused(path: str, document: Any, code: str) -> None:
    response = post(path, document)

    assert code_of(response, 400) == code
    assert b"secret" not in response.content


@pytest.mark.parametrize("body", [b'{"username":"a","username":"b","password":"c"}', b"\xff", b"{", b"[" * 1000])
@pytest.mark.parametrize("path", POSTS[:4])
def test_strict_json_holds_here_too(path: str, body: bytes) -> None:
    response = Browser().generic("POST", f"/api/auth/{path}", body, "application/json")

    error_of(response, 400)


@pytest.mark.parametrize("path", POSTS)
def test_what_is_posted_is_not_got(path: str) -> None:
    response = get(path, token=tokens_of_alice())

    assert code_of(response, 405) == "method_not_allowed"


def tokens_of_alice() -> str:
    account()
    return str(tokens()["access_token"])


@pytest.mark.parametrize("path", ["me", "me/sessions"])
def test_who_shows_nothing_is_asked_to(path: str) -> None:
    response = get(path)

    assert code_of(response, 401) == "authentication_required"
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer x", "bearer a.b.c", "Bearer \u00e9", "BEARER  . . "])
def test_a_bad_token_is_told_as_such(authorization: str) -> None:
    response = get("me", Authorization=authorization)

    assert code_of(response, 401) == "invalid_token"
    assert response["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_too_many_attempts_are_told_when_to_come_again(settings: Any) -> None:
    settings.ACCOUNTS = {"login_by_name_and_address": Rate(25, 1)}
    account()
    for _ in range(5):
        login(password=OTHER_PASSWORD)

    response = login()

    assert code_of(response, 429) == "too_many_requests"
    assert 1 <= retry_after_s(response) <= 300
    assert login(address=ELSEWHERE).status_code == 200


def test_a_busy_server_says_so_at_once_on_every_way_to_a_hash() -> None:
    account()
    token = tokens()["access_token"]

    with all_hashing_busy():
        answers = [
            login(),
            login("unknown"),
            post("signup", {"username": "dora", "password": PASSWORD}),
            post("password", {"old_password": PASSWORD, "new_password": OTHER_PASSWORD}, token=token),
        ]

    for answer in answers:
        assert code_of(answer, 429) == "too_many_requests"
        assert retry_after_s(answer) == 1
    assert answers[0].content == answers[1].content


def test_without_valkey_nobody_logs_in_and_whoever_is_in_stays() -> None:
    account()
    pair = tokens()

    with nobody_counts():
        for answer in (login(), post("signup", {"username": "dora", "password": PASSWORD})):
            assert code_of(answer, 503) == "unavailable"
            assert retry_after_s(answer) >= 1
        assert code_of(post("ticket", token=pair["access_token"]), 503) == "unavailable"
        assert get("me", token=pair["access_token"]).status_code == 200
        assert Browser().get("/api/players", {"search": "al"}).status_code == 200
        assert post("refresh", {"refresh_token": pair["refresh_token"]}).status_code == 200


def test_an_address_may_search_often_and_not_without_end(settings: Any) -> None:
    settings.ACCOUNTS = {"search_by_address": Rate(3, 0.001)}
    browser = Browser(REMOTE_ADDR=HERE)
    for _ in range(3):
        assert browser.get("/api/players", {"search": "al"}).status_code == 200

    response = browser.get("/api/players", {"search": "al"})

    assert code_of(response, 429) == "too_many_requests"
    assert retry_after_s(response) > 1
    assert Browser(REMOTE_ADDR=ELSEWHERE).get("/api/players", {"search": "al"}).status_code == 200


def test_me_tells_a_banned_player_why_and_until_when() -> None:
    alice = account()
    token = tokens()["access_token"]
    assert get("me", token=token).json().items() >= {"user_id": alice.pk, "state": "active", "ban": None}.items()
    ledger.ban(user_id=alice.pk, by=None, reason="a wall hack")

    me = get("me", token=tokens()["access_token"]).json()

    assert me["state"] == "banned"
    assert me["ban"] == {"reason": "a wall hack", "until": None}
    assert me["joined_at"].endswith("Z")


def test_own_sessions_come_newest_first_page_by_page(arena: Client) -> None:
    alice, bob = account(), account("bob")
    for score in range(1, 6):
        recorded(session(arena, alice, score))
        recorded(session(arena, bob, 100 + score))
    token = tokens()["access_token"]

    pages, before = [], ""
    while True:
        page = get(f"me/sessions?limit=2{before}", token=token).json()
        pages.append([found["score"] for found in page["sessions"]])
        if page["next_before"] is None:
            break
        assert page["next_before"] == page["sessions"][-1]["session_id"]
        before = f"&before={page['next_before']}"

    assert pages == [[5, 4], [3, 2], [1]]


def test_own_sessions_tell_what_does_not_count(arena: Client) -> None:
    alice = account()
    [receipt] = recorded(session(arena, alice, 50))
    ledger.void_sessions(session_ids=[receipt.session_id], by=None, reason="a bug")
    ledger.adjust(user_id=alice.pk, points=7, by=account("mona", is_staff=True).pk, reason="a present")

    sessions = get("me/sessions", token=tokens()["access_token"]).json()["sessions"]

    assert [(found["score"], found["kind"], found["status"]) for found in sessions] == [
        (7, "adjustment", "counted"),
        (50, "game", "voided"),
    ]


def test_a_page_never_begins_at_somebody_elses_session(arena: Client) -> None:
    account()
    [foreign] = recorded(session(arena, account("bob"), 50))
    token = tokens()["access_token"]

    told = [get(f"me/sessions?before={before}", token=token) for before in (foreign.session_id, 999_999)]

    assert [code_of(answer, 400) for answer in told] == ["invalid_before"] * 2
    assert told[0].content == told[1].content


@pytest.mark.parametrize("before", ["0", "-1", "x", "", "1e3", str(2**63), "9" * 30, "1&before=2"])
def test_a_bad_before_is_told_as_such(before: str) -> None:
    assert code_of(get(f"me/sessions?before={before}", token=tokens_of_alice()), 400) == "invalid_before"


@pytest.mark.parametrize("limit", ["0", "101", "x"])
def test_a_bad_limit_is_told_as_such(limit: str) -> None:
    assert code_of(get(f"me/sessions?limit={limit}", token=tokens_of_alice()), 400) == "invalid_limit"


def test_a_page_of_ours_asks_with_its_session_and_changes_nothing_without_a_csrf_token() -> None:
    alice = account()
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(alice)

    assert browser.get("/api/auth/me").json()["user_id"] == alice.pk
    assert code_of(browser.post("/api/auth/ticket"), 403) == "csrf_failed"

    browser.cookies[configured.CSRF_COOKIE_NAME] = "a" * 32
    response = browser.post("/api/auth/ticket", headers={"X-CSRFToken": "a" * 32})
    assert response.status_code == 200, response.content


@pytest.mark.parametrize("path", ["password", "logout", "refresh"])
def test_a_session_cookie_is_good_for_nothing_else(path: str) -> None:
    browser = Browser()
    browser.force_login(account())

    response = browser.generic(
        "POST", f"/api/auth/{path}", json.dumps({"old_password": PASSWORD, "new_password": OTHER_PASSWORD})
    )

    assert response.status_code in {400, 401, 415}
    assert login().status_code == 200


def test_a_session_ends_with_the_password() -> None:
    alice = account()
    browser = Browser()
    browser.force_login(alice)

    post("password", {"old_password": PASSWORD, "new_password": OTHER_PASSWORD}, token=tokens()["access_token"])

    assert browser.get("/api/auth/me").status_code == 401


def test_an_api_key_is_no_player(arena: Client) -> None:
    secret = GameServer().secret

    assert code_of(get("me", Authorization=f"Api-Key {secret}"), 401) == "authentication_required"


def test_nothing_of_a_login_is_left_behind_by_one_that_failed() -> None:
    account()

    login(password=OTHER_PASSWORD)
    post("signup", {"username": "alice", "password": PASSWORD})

    assert RefreshFamily.objects.count() == 0
    assert Player.objects.count() == 1
    assert GameSession.objects.count() == 0
