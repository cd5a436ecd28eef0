"""Finding players without script: a form that leads to a page of names, and these to the players' pages."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client as Browser

from scores.models import Player
from tests.faults.inside import stuck

_FOUND = re.compile(r'<li><a href="(?P<link>/players/\d+/)" translate="no">(?P<name>.*?)</a></li>')


def _search(browser: Browser, text: str) -> str:
    response = browser.get("/players/", {"search": text})
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def test_a_name_is_found_by_its_beginning_and_leads_to_the_player(alice: Player, bob: Player, client: Browser) -> None:
    page = _search(client, "AL")

    assert [("alice", f"/players/{alice.id}/")] == [(found["name"], found["link"]) for found in _FOUND.finditer(page)]
    assert "1 player whose name begins with “AL”" in page
    assert 'value="AL"' in page


def test_nobody_found_is_said(alice: Player, client: Browser) -> None:
    page = _search(client, "zoe")

    assert _FOUND.search(page) is None
    assert "Nobody’s name begins with “zoe”." in page


@pytest.mark.parametrize("text", ["", "   "])
def test_without_a_name_the_page_asks_for_one(committed: None, client: Browser, text: str) -> None:
    assert "Type how the name begins" in _search(client, text)
    assert "Type how the name begins" in client.get("/players/").content.decode()


@pytest.mark.parametrize("text", ["a" * 65, "a\u202eb", "\x00"])
def test_what_nobody_can_be_called_is_answered_in_words(committed: None, client: Browser, text: str) -> None:
    assert "A name" in _search(client, text)


def test_what_was_searched_is_only_text(committed: None, client: Browser) -> None:
    page = client.get("/players/", {"search": '"><script>alert(1)</script>'}).content.decode()

    assert "<script>alert" not in page


def test_a_search_while_postgresql_does_not_answer_is_a_page_that_comes_back(committed: None, client: Browser) -> None:
    with stuck("users"):
        response = client.get("/players/", {"search": "al"})

    assert response.status_code == 503
    assert response["Retry-After"] == "3"
    assert "No score is lost" in response.content.decode()
