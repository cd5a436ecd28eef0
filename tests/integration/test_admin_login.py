"""The way into the admin: counted and bounded like everybody's."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Browser

from scores.accounts import hashing
from scores.accounts.limits import Rate
from tests.accounts import (
    ELSEWHERE,
    HERE,
    OTHER_PASSWORD,
    PASSWORD,
    account,
    all_hashing_busy,
    nobody_counts,
)

pytestmark = pytest.mark.usefixtures("committed")

LOGIN = "/admin/login/?next=/admin/"


@pytest.fixture(autouse=True)
def mona(committed: None) -> None:
    account("mona", is_staff=True, is_superuser=True)


def log_in(username: str = "mona", password: str = PASSWORD, *, address: str = HERE) -> Any:
    return Browser(REMOTE_ADDR=address).post(LOGIN, {"username": username, "password": password})


def test_staff_log_in_with_their_password() -> None:
    browser = Browser(REMOTE_ADDR=HERE)

    response = browser.post(LOGIN, {"username": "mona", "password": PASSWORD})

    assert (response.status_code, response["Location"]) == (302, "/admin/")
    assert browser.get("/admin/").status_code == 200


def test_everybody_else_is_told_the_same() -> None:
    account("alice")
    account("closed", is_staff=True, is_active=False)

    answers = [
        log_in("mona", OTHER_PASSWORD),
        log_in("alice", PASSWORD),
        log_in("closed", PASSWORD),
        log_in("unknown", PASSWORD),
        log_in("mona", "x" * 10_000),
    ]

    errors = [answer.context["form"].non_field_errors() for answer in answers]
    assert [answer.status_code for answer in answers] == [200] * 5
    assert all(error == errors[0] for error in errors)
    assert "for a staff account" in str(errors[0])


def test_guesses_are_told_to_wait_by_words_and_by_status(settings: Any) -> None:
    settings.ACCOUNTS = {"login_by_name_and_address": Rate(25, 1)}
    for _ in range(5):
        log_in(password=OTHER_PASSWORD)

    response = log_in()

    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 300
    assert "Too many attempts" in response.content.decode()
    assert log_in(address=ELSEWHERE).status_code == 302


def test_a_busy_server_says_so_in_the_form() -> None:
    with all_hashing_busy():
        response = log_in()

    assert (response.status_code, response["Retry-After"]) == (429, "1")
    assert "Try again in a moment" in response.content.decode()


def test_without_valkey_nobody_logs_in() -> None:
    with nobody_counts():
        response = log_in()

    assert response.status_code == 503
    assert "Nobody can log in now" in response.content.decode()


def test_an_empty_form_costs_no_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "ask", pytest.fail)

    response = log_in("", "")

    assert response.status_code == 200


@pytest.fixture
def inside(mona: None) -> Browser:
    browser = Browser(REMOTE_ADDR=HERE)
    assert browser.post(LOGIN, {"username": "mona", "password": PASSWORD}).status_code == 302
    return browser


def change(browser: Browser, old: str) -> Any:
    return browser.post(
        "/admin/password_change/",
        {"old_password": old, "new_password1": OTHER_PASSWORD, "new_password2": OTHER_PASSWORD},
    )


def test_a_password_is_changed_in_the_admin(inside: Browser) -> None:
    assert change(inside, PASSWORD).status_code == 302

    assert inside.get("/admin/").status_code == 200
    assert log_in(password=OTHER_PASSWORD).status_code == 302


def test_an_open_session_does_not_give_the_password_away(inside: Browser, settings: Any) -> None:
    settings.ACCOUNTS = {"password_by_player": Rate(5, 0.1)}
    for _ in range(5):
        assert change(inside, "a wrong guess").status_code == 200

    response = change(inside, PASSWORD)

    assert response.status_code == 429
    assert int(response["Retry-After"]) >= 1
    assert "Too many attempts" in response.content.decode()


def test_a_form_that_cannot_hash_for_long_says_so(inside: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashing, "_PATIENT_S", 0.05)

    with all_hashing_busy():
        response = change(inside, PASSWORD)

    assert (response.status_code, response["Retry-After"]) == (429, "1")
