"""Signing up, logging in and out, changing the password: the pages as the server sends them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from scores.models import Player
from tests.accounts import OTHER_PASSWORD, PASSWORD, account, all_hashing_threads_busy, nobody_counts
from tests.faults import stuck
from tests.visitor import ACCOUNT, LOGIN, SESSION_COOKIE, SIGNUP, Visitor, words

pytestmark = pytest.mark.usefixtures("committed")

PASSWORD_PAGE = "/account/password/"
FOR_MEMBERS = [ACCOUNT, "/account/sessions/", PASSWORD_PAGE, "/account/submit/", "/account/data/", "/account/delete/"]


def test_who_signs_up_is_logged_in_and_welcomed() -> None:
    visitor = Visitor()

    response = visitor.send(SIGNUP, username="alice", password=PASSWORD)

    assert (response.status_code, response["Location"]) == (302, ACCOUNT)
    assert "Welcome, alice." in visitor.read(ACCOUNT)
    assert Player.objects.get(username="alice").check_password(PASSWORD)


@pytest.mark.parametrize(
    ("username", "password", "field", "sentence"),
    [
        ("", PASSWORD, "username", "Choose a name."),
        ("alice", "", "password", "Choose a password."),
        ("ALICE", PASSWORD, "username", "Somebody has this name already. Choose another one."),
        ("a\u202eb", PASSWORD, "username", "A name must not contain the character U+202E."),
        ("bob", "short", "password", "This password is too short. It must contain at least 12 characters."),
        ("bob", "x" * 129, "password", "Your password can have at most 128 characters."),
    ],
)
def test_what_is_wrong_with_a_signup_is_said_beside_the_field(
    username: str, password: str, field: str, sentence: str
) -> None:
    account("alice")

    response = Visitor().send(SIGNUP, username=username, password=password)

    page = response.content.decode()
    assert response.status_code == 200
    assert f'<p class="error" id="id_{field}_error">{sentence}' in page
    tag = re.search(rf'<input[^>]* id="id_{field}"[^>]*>', page)
    assert tag is not None
    assert 'aria-invalid="true"' in tag[0]
    assert "autofocus" in tag[0]
    assert f"id_{field}_error" in tag[0]
    assert f'<a href="#id_{field}">' in page
    assert "<title>Error: Sign up" in page
    assert PASSWORD not in page


def test_the_rules_of_passwords_are_told_before() -> None:
    assert "must contain at least 12 characters" in Visitor().read(SIGNUP)


def test_where_signup_is_closed_the_page_says_so_and_makes_nobody(settings: Any) -> None:
    visitor = Visitor()
    fields = visitor.form(SIGNUP) | {"username": "alice", "password": PASSWORD}
    settings.SIGNUP = False

    asked, sent = visitor.get(SIGNUP), visitor.browser.post(SIGNUP, fields)

    assert [asked.status_code, sent.status_code] == [403, 403]
    assert "Nobody can sign up here" in words(asked)
    assert not Player.objects.exists()
    assert "Sign up" not in visitor.read(LOGIN)


def test_a_wrong_password_and_an_unknown_name_read_the_same() -> None:
    account("alice")
    account("bob", is_active=False)

    pages = [Visitor().log_in(name, password) for name, password in _WRONG]

    assert [page.status_code for page in pages] == [200] * len(_WRONG)
    assert {words(page) for page in pages} == {words(pages[0])}
    assert "The name or the password is wrong." in words(pages[0])


_WRONG = [
    ("alice", OTHER_PASSWORD),
    ("nobody", PASSWORD),
    ("bob", PASSWORD),
    ("a\u202eb", PASSWORD),
    ("alice", "x" * 500),
]


def test_who_leaves_a_planted_login_for_their_own_shares_nothing_with_the_planter() -> None:
    account("bob")
    mallory, alice = Visitor.logged_in("mallory"), Visitor()
    planted = mallory.session_key
    assert planted is not None
    alice.browser.cookies[SESSION_COOKIE] = planted
    alice.log_out()
    alice.browser.cookies[SESSION_COOKIE] = planted

    alice.log_in("bob")

    assert alice.session_key not in {None, planted}
    assert "Logged in as bob" in alice.read(ACCOUNT)
    assert not mallory.is_logged_in()


def test_a_session_key_that_was_planted_is_worth_nothing_after_the_login() -> None:
    account("alice")
    visitor = Visitor()
    session = visitor.browser.session
    session["planted"] = True
    session.save()
    visitor.browser.cookies[SESSION_COOKIE] = str(session.session_key)

    visitor.log_in()

    assert visitor.session_key != session.session_key
    assert not Session.objects.filter(pk=session.session_key).exists()


def test_logging_out_ends_the_session_on_the_server() -> None:
    visitor = Visitor.logged_in()
    key = visitor.session_key

    response = visitor.log_out()

    assert (response.status_code, response["Location"]) == (302, LOGIN)
    assert not Session.objects.filter(pk=key).exists()
    assert "You are logged out." in visitor.read(LOGIN)
    assert visitor.get("/account/logout/").status_code == 405


def test_a_new_password_keeps_this_browser_and_ends_all_others() -> None:
    here = Visitor.logged_in()
    elsewhere = Visitor()
    elsewhere.log_in()
    key = here.session_key

    response = here.send(PASSWORD_PAGE, old_password=PASSWORD, new_password=OTHER_PASSWORD)

    assert (response.status_code, response["Location"]) == (302, ACCOUNT)
    assert here.is_logged_in()
    assert here.session_key != key
    assert not elsewhere.is_logged_in()
    assert elsewhere.log_in().status_code == 200
    assert elsewhere.log_in("alice", OTHER_PASSWORD).status_code == 302


@pytest.mark.parametrize(
    ("old", "new", "field", "sentence"),
    [
        (OTHER_PASSWORD, "a third and new one", "old_password", "This is not your password."),
        (PASSWORD, "short", "new_password", "This password is too short."),
        ("", OTHER_PASSWORD, "old_password", "Enter your current password."),
    ],
)
def test_what_is_wrong_with_a_new_password_is_said_beside_the_field(
    old: str, new: str, field: str, sentence: str
) -> None:
    visitor = Visitor.logged_in()

    response = visitor.send(PASSWORD_PAGE, old_password=old, new_password=new)

    assert f'<p class="error" id="id_{field}_error">{sentence}' in response.content.decode()
    assert Player.objects.get().check_password(PASSWORD)


# --- Who may come in, and where to go then --------------------------------------------------------


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

    with all_hashing_threads_busy():
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
