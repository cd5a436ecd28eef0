"""A player's page as the server sends it: right before any script runs."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client as Browser

from scores import boards
from scores.ledger import SubmittedSession, record
from scores.models import Client, Player
from scores.ranking.rebuilding import rebuild


@pytest.fixture
def league(arena: Client, committed: None) -> list[Player]:
    """Twenty players, best first, a hundred points apart."""
    players = [Player.objects.create(username=f"player {place}") for place in range(1, 21)]
    _play(arena, *((player, 100 * (21 - place)) for place, player in enumerate(players, 1)))
    return players


def _play(game_server: Client, *games: tuple[Player, int]) -> None:
    record(
        [
            SubmittedSession(client_id=game_server.id, user_id=player.id, score=score, game_mode="survival")
            for player, score in games
        ]
    )


def _load(browser: Browser, player: Player) -> str:
    response = browser.get(f"/players/{player.id}/")
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def _fact(page: str, name: str) -> str:
    found = re.search(rf'id="{name}"[^>]*>(.*?)<', page)
    assert found is not None
    return found[1]


def _neighbours(page: str) -> list[str]:
    table = page[page.index("<tbody") : page.index("</tbody>")]
    return re.findall(r'href="/players/\d+/">(.*?)</a>', table)


def test_the_page_tells_rank_score_part_of_the_board_and_what_the_next_place_takes(
    league: list[Player], client: Browser
) -> None:
    page = _load(client, league[9])

    assert _fact(page, "title") == "player 10"
    assert _fact(page, "rank") == "10"
    assert _fact(page, "score") == "1,100"
    assert _fact(page, "among") == "Top 50 % of 20 players"
    assert _fact(page, "goal") == "101 points to pass player 9"


def test_the_player_stands_among_three_neighbours_on_each_side_and_is_marked(
    league: list[Player], client: Browser
) -> None:
    page = _load(client, league[9])

    assert _neighbours(page) == [f"player {place}" for place in range(7, 14)]
    [marked] = re.findall(r'<tr data-player="(\d+)"[^>]* aria-current="true">', page)
    assert int(marked) == league[9].id


def test_a_leader_leads_and_sees_who_follows(league: list[Player], client: Browser) -> None:
    page = _load(client, league[0])

    assert _fact(page, "goal") == "Leads by 100 points"
    assert _neighbours(page) == [f"player {place}" for place in range(1, 8)]


def test_a_tie_is_told_though_the_other_player_is_out_of_view(
    arena: Client, league: list[Player], client: Browser
) -> None:
    _play(arena, (league[6], 100))  # the seventh is now the sixth's equal

    page = _load(client, league[9])

    first = page[page.index("<tbody") :].partition("</tr>")[0]
    assert '<span class="tie" role="img" aria-label="tied">=</span><span class="place">6</span>' in first


def test_the_page_is_the_same_from_the_ranks_and_from_the_database(league: list[Player], client: Browser) -> None:
    from_database = _load(client, league[4])

    rebuild(boards.current("global"))
    from_ranks = _load(client, league[4])

    for name in ("rank", "score", "among", "goal"):
        assert _fact(from_database, name) == _fact(from_ranks, name)
    assert _neighbours(from_database) == _neighbours(from_ranks)


def test_a_name_is_only_text(arena: Client, committed: None, client: Browser) -> None:
    mallory = Player.objects.create(username='"><script>alert(1)</script>')
    _play(arena, (mallory, 1))

    page = client.get(f"/players/{mallory.id}/").content.decode()

    assert "<script>alert" not in page


def test_a_player_without_a_session_has_a_page_that_helps(alice: Player, client: Browser) -> None:
    response = client.get(f"/players/{alice.id}/")

    assert response.status_code == 404
    assert "The board shows nobody at this address." in response.content.decode()
    assert 'role="search"' in response.content.decode()


@pytest.mark.parametrize("address", ["0", "4711", "999999999999999999", "9999999999999999999", "007", "-1", "alice"])
def test_nobody_is_at_any_other_address(committed: None, client: Browser, address: str) -> None:
    assert client.get(f"/players/{address}/").status_code == 404


def test_no_cache_may_keep_the_page_and_nothing_in_it_is_inline(league: list[Player], client: Browser) -> None:
    response = client.get(f"/players/{league[0].id}/")

    assert response["Cache-Control"] == "no-cache"
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]* src=)", response.content.decode())
