"""Who may open the account's pages, from where, and what they say when there is too much to do, or nobody to do it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from scores.models import Player
from tests.accounts import OTHER_PASSWORD, PASSWORD, account, all_hashing_busy, nobody_counts
from tests.faults.inside import stuck
from tests.visitor import ACCOUNT, LOGIN, SESSION_COOKIE, SIGNUP, Visitor, words

pytestmark = pytest.mark.usefixtures("committed")

FOR_MEMBERS = [
    ACCOUNT,
    "/account/sessions/",
    "/account/password/",
    "/account/submit/",
    "/account/data/",
    "/account/delete/",
]


@pytest.mark.parametrize("path", FOR_MEMBERS)
def test_a_stranger_is_led_to_the_login_and_back(path: str) -> None:
    account("alice")
    visitor = Visitor()

    asked = visitor.get(path)
    back = visitor.send(asked["Location"], username="alice", password=PASSWORD)

    assert (asked.status_code, asked["Location"]) == (302, f"{LOGIN}?next={path}")
    assert (back.status_code, back["Location"]) == (302, path)


def test_a_form_whose_login_has_ended_is_not_done_and_leads_to_the_login() -> None:
    visitor = Visitor.logged_in()
    fields = visitor.form("/account/delete/")
    Session.objects.all().delete()

    response = visitor.browser.post("/account/delete/", fields | {"password": PASSWORD})

    assert response["Location"] == f"{LOGIN}?next=/account/delete/"
    assert "You were logged out meanwhile." in visitor.read(LOGIN)
    assert Player.objects.get().is_active


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "http:evil.example",
        "javascript:alert(1)",
        "http://testserver/tour/",
        "tour/",
        "\x08//evil.example",
        "",
    ],
)
def test_after_the_login_nobody_is_sent_to_another_site(target: str) -> None:
    account("alice")
    visitor = Visitor()
    page = visitor.browser.get(LOGIN, {"next": target})
    fields = visitor.form(LOGIN) | {"username": "alice", "password": PASSWORD}

    sent = visitor.browser.post(LOGIN, fields | {"next": target})
    again = visitor.browser.get(LOGIN, {"next": target})

    assert f'name="next" value="{ACCOUNT}"' in page.content.decode()
    assert sent["Location"] == again["Location"] == ACCOUNT


def test_who_is_logged_in_needs_no_form_to_log_in_or_sign_up() -> None:
    visitor = Visitor.logged_in()

    for path in (LOGIN, SIGNUP):
        assert visitor.get(path)["Location"] == ACCOUNT
        assert visitor.get(f"{path}?next=/tour/")["Location"] == "/tour/"


@pytest.mark.parametrize("path", [LOGIN, SIGNUP, "/account/logout/", *FOR_MEMBERS[2:]])
def test_a_form_of_another_site_does_nothing(path: str) -> None:
    visitor = Visitor.logged_in()

    response = visitor.browser.post(
        path,
        {
            "username": "bob",
            "password": PASSWORD,
            "old_password": PASSWORD,
            "new_password": OTHER_PASSWORD,
            "score": "1",
            "game_mode": "survival",
            "key": "forged",
        },
    )

    assert response.status_code == 403
    assert visitor.is_logged_in()
    alice = Player.objects.get()
    assert alice.check_password(PASSWORD)
    assert not alice.sessions.exists()


@pytest.mark.parametrize("path", [LOGIN, SIGNUP, "/account/deleted/", *FOR_MEMBERS])
def test_no_cache_keeps_a_page_of_the_account(path: str) -> None:
    for visitor in (Visitor(), Visitor.logged_in()):
        assert visitor.get(path)["Cache-Control"] == "no-store"


def test_the_cookie_of_the_session_is_for_no_script_and_no_other_site() -> None:
    cookie = Visitor.logged_in().browser.cookies[SESSION_COOKIE]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


# --- Too much at once, and outages ----------------------------------------------------------------


def test_too_many_attempts_are_told_when_to_come_again(settings: Any) -> None:
    account("alice")
    visitor = Visitor()
    for _ in range(5):
        assert visitor.log_in("alice", OTHER_PASSWORD).status_code == 200

    response = visitor.log_in()

    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 60
    assert re.search(r"That was tried too often\. Try again in \d+ seconds?\.", words(response))
    assert response["Cache-Control"] == "no-store"
    assert not visitor.is_logged_in()


def test_busy_threads_are_told_as_such() -> None:
    account("alice")
    visitor = Visitor()

    with all_hashing_busy():
        responses = [visitor.log_in(), visitor.send(SIGNUP, username="bob", password=PASSWORD)]

    assert [response.status_code for response in responses] == [429, 429]
    assert [response["Retry-After"] for response in responses] == ["1", "1"]
    assert "Try again in 1 second." in words(responses[0])
    assert visitor.log_in().status_code == 302


def test_without_valkey_the_forms_say_so_and_keep_what_was_typed() -> None:
    account("alice")
    visitor = Visitor()

    with nobody_counts():
        responses = [visitor.log_in(), visitor.send(SIGNUP, username="bob", password=PASSWORD)]

    assert [response.status_code for response in responses] == [503, 503]
    assert "The server cannot do this right now." in words(responses[0])
    assert int(responses[0]["Retry-After"]) > 0
    assert 'value="alice"' in responses[0].content.decode()
    assert PASSWORD not in responses[0].content.decode()


def test_without_postgresql_a_login_says_so_and_a_page_comes_back_by_itself() -> None:
    visitor, stranger = Visitor.logged_in(), Visitor()
    fields = visitor.form("/account/delete/")

    with stuck("users"):
        page, form = visitor.get(ACCOUNT), visitor.browser.post("/account/delete/", fields | {"password": PASSWORD})
        login = stranger.get(LOGIN)

    assert [page.status_code, form.status_code, login.status_code] == [503, 503, 200]
    assert page["Cache-Control"] == form["Cache-Control"] == "no-store"
    assert "comes back by itself" in words(page)
    assert "nothing of what you sent was done" in words(form)
    assert Player.objects.get().is_active
