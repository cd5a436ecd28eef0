"""The page as the server sends it: right before any script runs."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client as Browser

from scores import boards, ranking
from scores.ledger import SubmittedSession, record
from scores.models import Client, Player
from scores.ranking.rebuilding import rebuild

_ROW = re.compile(
    r'<tr data-player="(?P<player>\d+)" data-rank="(?P<rank>\d+)" data-score="(?P<score>\d+)"(?P<own>.*?)>.*?'
    r'aria-label="tied"(?P<untied>.*?)>.*?<span class="place">(?P<place>.*?)</span>.*?'
    r'<th class="name"[^>]*><a href="(?P<link>.*?)">(?P<name>.*?)</a></th>.*?<span class="total">(?P<total>.*?)</span>',
    re.DOTALL,
)


def _play(game_server: Client, *games: tuple[Player, int]) -> None:
    record(
        [
            SubmittedSession(client_id=game_server.id, user_id=player.id, score=score, game_mode="survival")
            for player, score in games
        ]
    )


def _load(browser: Browser, address: str = "/") -> str:
    response = browser.get(address)
    assert response.status_code == 200
    return response.content.decode()


def _matches(page: str) -> list[re.Match[str]]:
    """The rows that a viewer sees; the pattern row stands in its template element."""
    return list(_ROW.finditer(page[page.index("<tbody") : page.index("</tbody>")]))


def _rows(page: str) -> list[tuple[str, str, str]]:
    """Rank, name and score as a viewer reads them; a shared rank carries its sign."""
    return [
        (f"{'' if 'hidden' in row['untied'] else '='}{row['place']}", html.unescape(row["name"]), row["total"])
        for row in _matches(page)
    ]


def test_the_page_shows_the_board_in_order_with_shared_ranks(
    arena: Client, alice: Player, bob: Player, charlie: Player, client: Browser
) -> None:
    _play(arena, (alice, 700), (bob, 12_345), (charlie, 700))

    page = _load(client)

    assert _rows(page) == [("1", "bob", "12,345"), ("=2", "alice", "700"), ("=2", "charlie", "700")]
    assert "3 players" in page
    assert 'id="empty" class="empty" hidden' in page


def test_an_empty_board_says_so(committed: None, client: Browser) -> None:
    page = _load(client)

    assert _rows(page) == []
    assert 'id="empty" class="empty">Nobody has scored yet.' in page
    assert "0 players" in page


def test_the_page_names_the_state_that_its_rows_belong_to(arena: Client, alice: Player, client: Browser) -> None:
    _play(arena, (alice, 700))

    page = _load(client)

    shown = ranking.top("global")
    assert f'data-board="global" data-window="{shown.window}"' in page
    assert f'data-epoch="{shown.epoch or ""}" data-seq="{"" if shown.seq is None else shown.seq}"' in page
    assert f'data-source="{shown.source}"' in page


def test_the_page_is_the_same_from_the_ranks_and_from_the_database(
    arena: Client, alice: Player, bob: Player, client: Browser
) -> None:
    _play(arena, (alice, 700), (bob, 900))
    from_database = _load(client)

    rebuild(boards.current("global"))
    from_ranks = _load(client)

    assert 'data-source="sql"' in from_database
    assert 'data-source="ranks"' in from_ranks
    assert _rows(from_database) == _rows(from_ranks)


def test_a_name_is_only_text(arena: Client, committed: None, client: Browser) -> None:
    mallory = Player.objects.create(username='<script>alert("x")</script>')
    _play(arena, (mallory, 1))

    page = _load(client)

    assert "<script>alert" not in page
    assert _rows(page) == [("1", '<script>alert("x")</script>', "1")]


def test_nothing_in_the_page_is_inline_and_the_browser_is_told_so(committed: None, client: Browser) -> None:
    response = client.get("/")
    page = response.content.decode()

    assert "script-src 'self'" in response["Content-Security-Policy"].split("; ")
    assert "unsafe" not in response["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", page)
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


def test_no_cache_may_keep_the_board(committed: None, client: Browser) -> None:
    assert client.get("/")["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_page_can_only_be_read(committed: None, client: Browser, method: str) -> None:
    assert getattr(client, method)("/").status_code == 405


def test_another_address_is_a_page_that_leads_back(committed: None, client: Browser) -> None:
    response = client.get("/no-such-page")

    assert response.status_code == 404
    assert 'href="/"' in response.content.decode()
