"""Signing up, logging in and out, changing the password: the pages as the server sends them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from scores.models import Player
from tests.accounts import OTHER_PASSWORD, PASSWORD, account
from tests.visitor import ACCOUNT, LOGIN, SESSION_COOKIE, SIGNUP, Visitor, words

pytestmark = pytest.mark.usefixtures("committed")

PASSWORD_PAGE = "/account/password/"


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
