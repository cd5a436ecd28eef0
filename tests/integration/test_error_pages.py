"""What people read when something goes wrong: the same look, words that help, and a way back."""

from __future__ import annotations

import html
import re

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.template.loader import get_template
from django.test import Client as Browser
from django.test import RequestFactory
from django.urls import include, path

from scores.api.errors import bad_request, permission_denied, server_error


def _refuse(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def _fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a defect")


urlpatterns = [path("refused", _refuse), path("failing", _fail), path("", include("leaderboard_project.urls"))]
handler403 = permission_denied
handler500 = server_error


def _words(content: bytes) -> str:
    return html.unescape(content.decode())


def test_an_address_that_does_not_exist_leads_back_and_offers_the_search(committed: None, client: Browser) -> None:
    response = client.get("/no-such-page")

    assert response.status_code == 404
    assert 'href="/"' in _words(response.content)
    assert 'role="search"' in _words(response.content)


@pytest.mark.urls(__name__)
def test_a_page_that_is_not_open_to_somebody_says_so(committed: None, client: Browser) -> None:
    response = client.get("/refused")

    assert response.status_code == 403
    assert "<h1>Not allowed</h1>" in _words(response.content)


@pytest.mark.urls(__name__)
def test_a_defect_is_admitted_without_a_traceback(committed: None, client: Browser) -> None:
    client.raise_request_exception = False

    response = client.get("/failing")

    assert response.status_code == 500
    assert "<h1>Our mistake</h1>" in _words(response.content)
    assert "a defect" not in _words(response.content)


def test_the_page_of_a_defect_needs_nothing_that_may_be_broken_too() -> None:
    source = get_template("500.html").template.source  # type: ignore[attr-defined]

    text = source.partition("\n")[2]

    assert "{%" not in text
    assert "{{" not in text
    assert engines["django"].from_string(source).render() == f"\n{text}"


def test_what_the_page_of_a_defect_loads_is_there(client: Browser) -> None:
    from django.contrib.staticfiles.finders import find  # noqa: PLC0415

    source = get_template("500.html").template.source  # type: ignore[attr-defined]

    for address in re.findall(r'(?:href|src)="(/static/[^"]*)"', source):
        assert find(address.removeprefix(settings.STATIC_URL)) is not None, address


def test_a_request_that_django_refuses_is_told_as_a_page() -> None:
    response = bad_request(RequestFactory().get("/"), ValueError("no such host"))

    assert response.status_code == 400
    assert "<h1>Not understood</h1>" in response.content.decode()  # type: ignore[attr-defined]


def test_a_form_without_its_token_is_explained(committed: None) -> None:
    response = Browser(enforce_csrf_checks=True).post("/admin/login/", {"username": "alice", "password": "x"})

    assert response.status_code == 403
    assert "<h1>Please send it again</h1>" in _words(response.content)


@pytest.mark.parametrize(
    ("address", "target"), [("/favicon.ico", "/static/frontend/favicon.ico"), ("/admin", "/admin/")]
)
def test_what_people_and_browsers_ask_for_by_habit_leads_on(
    committed: None, client: Browser, address: str, target: str
) -> None:
    response = client.get(address)

    assert response.status_code in {301, 302}
    assert response["Location"] == target


def test_the_tour_explains_every_word_of_the_connection(committed: None, client: Browser) -> None:
    tour = _words(client.get("/tour/").content)

    for words in ("Live", "Connecting", "Catching up", "Reconnecting in", "Offline", "Board rebuilding"):
        assert words in tour
