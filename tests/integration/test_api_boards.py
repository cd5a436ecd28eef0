"""Reading boards and finding players over REST."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from scores import ledger
from scores.models import ApiKey, Client, Player
from tests.api import GameServer, ask, error_of, get, session
from tests.ledger import make_ranks, recorded
from tests.ledger import session as submitted

pytestmark = pytest.mark.usefixtures("committed", "door")

TOP = "/api/leaderboard/top"


@pytest.fixture(params=["ranks", "sql"])
def source(request: pytest.FixtureRequest, committed: None) -> str:
    """Who answers: Valkey with ranks, or PostgreSQL because there are none."""
    if request.param == "ranks":
        make_ranks()
    return str(request.param)


@pytest.fixture
def three(source: str, arena: Client, alice: Player, bob: Player, charlie: Player) -> None:
    """Alice and bob share the first rank, charlie is third."""
    recorded(submitted(arena, alice, 50), submitted(arena, bob, 50), submitted(arena, charlie, 20))


def row(player: Player, rank: int, total_score: int) -> dict[str, Any]:
    return {"user_id": player.id, "username": player.username, "rank": rank, "total_score": total_score}


def check_state(document: dict[str, Any], source: str, players: int) -> None:
    assert (document["board"], document["window"]) == ("global", "all")
    assert (document["source"], document["players"]) == (source, players)
    assert datetime.fromisoformat(document["as_of"]).tzinfo is not None
    if source == "sql":
        assert (document["epoch"], document["seq"]) == (None, None)
    else:
        assert isinstance(document["epoch"], str)
        assert isinstance(document["seq"], int)


@pytest.mark.parametrize("path", [TOP, "/v1/leaderboard/public"])
@pytest.mark.usefixtures("three")
def test_the_top_tells_rows_ties_and_its_state(
    path: str, source: str, alice: Player, bob: Player, charlie: Player
) -> None:
    response = get(path)

    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    document = response.json()
    assert document["top_players"] == [row(alice, 1, 50), row(bob, 1, 50), row(charlie, 3, 20)]
    check_state(document, source, players=3)


@pytest.mark.usefixtures("three")
def test_a_page_of_the_top_keeps_the_ranks(bob: Player) -> None:
    assert get(TOP, limit=1, offset=1, board="global").json()["top_players"] == [row(bob, 1, 50)]


@pytest.mark.usefixtures("source")
def test_an_empty_board_has_an_empty_top() -> None:
    document = get(TOP).json()

    assert (document["top_players"], document["players"]) == ([], 0)


@pytest.mark.usefixtures("three")
def test_a_rank_tells_the_place_and_its_state(source: str, bob: Player, charlie: Player) -> None:
    document = get(f"/api/leaderboard/rank/{bob.id}").json()

    assert {name: document[name] for name in row(bob, 1, 50)} == row(bob, 1, 50)
    assert document["percentile"] == 100.0
    check_state(document, source, players=3)
    assert get(f"/api/leaderboard/rank/{charlie.id}").json()["percentile"] == 33.33


@pytest.mark.usefixtures("three")
def test_the_rows_around_a_player_move_inwards_at_the_ends(
    source: str, alice: Player, bob: Player, charlie: Player
) -> None:
    document = get(f"/api/leaderboard/around/{charlie.id}", limit=2).json()

    assert document["rows"] == [row(bob, 1, 50), row(charlie, 3, 20)]
    check_state(document, source, players=3)
    assert len(get(f"/api/leaderboard/around/{alice.id}").json()["rows"]) == 3


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("place", ["rank", "around"])
def test_banned_new_and_unknown_players_have_no_place(place: str, alice: Player) -> None:
    newcomer = Player.objects.create(username="dora")
    ledger.ban(user_id=alice.id, by=None, reason="Cheated.")

    for user_id in (alice.id, newcomer.id, 2**63 - 1):
        assert error_of(get(f"/api/leaderboard/{place}/{user_id}"), 404)["code"] == "unknown_player"


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize(
    "path", [TOP, "/v1/leaderboard/public", "/api/leaderboard/rank/1", "/api/leaderboard/around/1"]
)
def test_an_unknown_board_is_told(path: str) -> None:
    assert error_of(get(path, board="season-9"), 404) == {
        "code": "unknown_board",
        "detail": "There is no such board.",
        "fields": ["board"],
    }


def test_players_are_found_by_the_beginning_of_their_name() -> None:
    for username in ("Alice", "albert", "bob", "Zoë", "zoran", "Élodie", "Ольга"):
        Player.objects.create(username=username)

    def found(search: str) -> list[str]:
        return [player["username"] for player in get("/api/players", search=search).json()["players"]]

    assert found("al") == ["albert", "Alice"]
    assert found("AL") == ["albert", "Alice"]
    assert found("zoe\u0308") == ["Zoë"]
    assert found("éLO") == ["Élodie"]
    assert found("оЛЬ") == ["Ольга"]
    assert found("lice") == []


def test_a_search_means_its_characters() -> None:
    Player.objects.create(username="100%_\\")
    Player.objects.create(username="100 xyz")

    for search in ("100%", "100%_", "100%_\\"):
        assert [player["username"] for player in get("/api/players", search=search).json()["players"]] == ["100%_\\"]
    for search in ("%", "_", "\\", "1%"):
        assert get("/api/players", search=search).json() == {"players": []}


def test_a_search_finds_at_most_twenty_and_no_banned_players() -> None:
    players = Player.objects.bulk_create(Player(username=f"player{number:02}") for number in range(25))
    players[0].refresh_from_db()
    ledger.ban(user_id=players[0].id, by=None, reason="Cheated.")

    found = get("/api/players", search="player").json()["players"]

    assert [player["username"] for player in found] == [f"player{number:02}" for number in range(1, 21)]


def test_a_search_reads_the_index_in_its_order() -> None:
    Player.objects.bulk_create(Player(username=f"player{number:05}") for number in range(5000))

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE users")
        cursor.execute(
            "EXPLAIN SELECT id, username FROM users WHERE lower(username) LIKE lower('player%') AND state = 'active'"
            " ORDER BY lower(username) USING ~<~ LIMIT 20"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "users_username_prefix" in plan
    assert "Sort" not in plan


def test_what_was_submitted_is_read_back() -> None:
    make_ranks()
    raid = GameServer("raid", (ApiKey.Scope.SUBMIT, ApiKey.Scope.CREATE_PLAYERS))
    receipt = raid.submit(session("dora", 7)).json()

    document = get(f"/api/leaderboard/rank/{receipt['user_id']}").json()

    assert {name: document[name] for name in ("user_id", "username", "rank", "total_score")} == {
        name: receipt[name] for name in ("user_id", "username", "rank", "total_score")
    }


def known(etag: str) -> Any:
    """The answer to who knows the state with this tag."""
    return ask("GET", TOP, b"", **{"If-None-Match": etag})


def test_who_knows_the_visible_top_is_told_that_nothing_has_changed(alice: Player) -> None:
    make_ranks()
    first = get(TOP)

    again = known(f'"other", {first["ETag"]}')

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again["Cache-Control"] == "no-store"
    assert "Content-Length" not in again
    GameServer("raid").submit(session(alice, 1))
    assert known(first["ETag"]).status_code == 200


def test_a_new_player_below_the_visible_top_makes_another_state() -> None:
    make_ranks()
    raid = GameServer("raid", (ApiKey.Scope.SUBMIT, ApiKey.Scope.CREATE_PLAYERS))
    raid.submit_batch(*(session(f"player{number:02}", 100) for number in range(10)))
    first = get(TOP)

    raid.submit(session("dora", 1))

    second = known(first["ETag"])
    assert second.status_code == 200
    assert (second.json()["seq"], second.json()["players"]) == (first.json()["seq"], 11)


def test_rows_below_the_visible_top_carry_no_tag() -> None:
    make_ranks()

    assert "ETag" in get(TOP, limit=3, offset=7)
    assert "ETag" not in get(TOP, limit=11)
    assert "ETag" not in get(TOP, limit=3, offset=8)


def test_what_postgresql_answers_carries_no_tag() -> None:
    assert "ETag" not in get(TOP)
