"""Players at the moderators' desk: found, looked at, decided about; real pages, real decisions."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scores import ledger
from scores.ledger import gate
from scores.models import AuditEntry, Client, FormerName, Player
from scores.roles import Role
from tests.api import get
from tests.desk import PLAYERS, decide, logged_in, seen_at, select, staff, text_of
from tests.faults.inside import somebody_else, valkey_away
from tests.ledger import make_ranks, recorded, session

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def moderator(committed: None) -> Browser:
    return logged_in(staff("mona", Role.MODERATOR))


@pytest.fixture
def operator(committed: None) -> Browser:
    return logged_in(staff("olga", Role.OPERATOR))


def top() -> list[str]:
    return [row["username"] for row in get("/api/leaderboard/top").json()["top_players"]]


def trail() -> list[tuple[str, str, str]]:
    """Who decided what, and why, oldest first."""
    entries = AuditEntry.objects.order_by("id").values_list("actor__username", "action", "reason")
    return [(actor, action, reason) for actor, action, reason in entries]


def page_of(player: Player) -> str:
    return f"{PLAYERS}{player.pk}/"


# --- Bans ---------------------------------------------------------------------------------------


def test_a_player_is_banned_and_unbanned_with_reasons(moderator: Browser, arena: Client, alice: Player) -> None:
    make_ranks()
    recorded(session(arena, alice, 50))

    assert "1 player banned." in text_of(decide(moderator, page_of(alice), "ban", term="ever", reason="Two accounts."))
    assert top() == []
    assert "1 player unbanned." in text_of(decide(moderator, page_of(alice), "unban", reason="A mistake."))
    assert top() == ["alice"]

    assert trail() == [("mona", "ban", "Two accounts."), ("mona", "unban", "A mistake.")]


@pytest.mark.parametrize(("term", "days"), [("1", 1), ("7", 7), ("30", 30)])
def test_a_ban_ends_after_the_days_of_its_button(moderator: Browser, alice: Player, term: str, days: int) -> None:
    decide(moderator, page_of(alice), "ban", term=term)

    alice.refresh_from_db()
    assert alice.banned_until is not None
    assert abs(alice.banned_until - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)
    assert f"{alice.banned_until:%b %Y, %H:%M} UTC" in text_of(moderator.get(PLAYERS))


def test_a_ban_ends_at_a_date(moderator: Browser, alice: Player) -> None:
    ends = (timezone.now() + timedelta(days=3)).replace(second=0, microsecond=0)

    decide(moderator, page_of(alice), "ban", term="until", until=f"{ends:%Y-%m-%dT%H:%M}")

    alice.refresh_from_db()
    assert alice.banned_until == ends


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({"term": "ever", "reason": "  "}, "This field is required."),
        ({}, "This field is required."),
        ({"term": "until"}, "Say until when."),
        ({"term": "until", "until": "2020-01-01T00:00"}, "A ban must end in the future."),
        ({"term": "until", "until": "soon"}, "Enter a valid date/time."),
    ],
)
def test_a_ban_that_is_not_clear_is_asked_about(
    moderator: Browser, alice: Player, answers: dict[str, Any], told: str
) -> None:
    assert told in text_of(decide(moderator, page_of(alice), "ban", **answers))

    alice.refresh_from_db()
    assert not alice.banned


def test_a_ban_gets_another_end_and_reason(moderator: Browser, alice: Player) -> None:
    ledger.ban(user_id=alice.pk, by=None, reason="Cheated.")

    decide(moderator, page_of(alice), "change-ban", term="7", reason="First time.")

    alice.refresh_from_db()
    assert alice.banned_until is not None
    assert alice.ban_reason == "First time."
    assert "First time." in text_of(moderator.get(f"{page_of(alice)}change/"))


def test_players_are_banned_as_selected(moderator: Browser, arena: Client, alice: Player, bob: Player) -> None:
    carol = staff("carol", Role.VIEWER)
    recorded(session(arena, alice, 3), session(arena, bob, 2))
    ledger.ban(user_id=bob.id, by=None, reason="Cheated.")

    page = text_of(select(moderator, PLAYERS, "ban", alice.pk, bob.pk, carol.pk, term="ever"))

    assert "1 player banned." in page
    assert "The player is banned already." in page
    assert "This is an account of staff" in page
    assert top() == []
    assert "2 players unbanned." in text_of(select(moderator, PLAYERS, "unban", alice.pk, bob.pk))
    assert top() == ["alice", "bob"]


def test_nobody_means_more_than_a_hundred_at_once(moderator: Browser) -> None:
    Player.objects.bulk_create(Player(username=f"player{number}") for number in range(101))
    ids = list(Player.objects.filter(username__startswith="player").values_list("id", flat=True))

    everybody = {"action": "ban", "_selected_action": ids[:1], "select_across": "1"}
    assert "Select at most 100 at once" in text_of(moderator.post(PLAYERS, everybody, follow=True))
    forged = {"rows": ",".join(map(str, ids)), "term": "ever", "reason": "Cheated."}
    assert moderator.post(f"{PLAYERS}decide/ban/", forged).status_code == 400
    assert not Player.objects.filter(state="banned").exists()


@pytest.mark.parametrize("rows", ["", "x", "1,,2", "-1", "9" * 40, "1 OR 1"])
def test_rows_that_no_page_offered_are_refused(moderator: Browser, rows: str) -> None:
    assert moderator.post(f"{PLAYERS}decide/ban/", {"rows": rows, "term": "ever", "reason": "x"}).status_code == 400


# --- What may have changed meanwhile ------------------------------------------------------------


def test_the_second_of_two_moderators_is_told_what_the_first_decided(moderator: Browser, alice: Player) -> None:
    mike = logged_in(staff("mike", Role.MODERATOR))
    page = f"{page_of(alice)}decide/ban/"
    seen = seen_at(text_of(mike.get(page)))
    decide(moderator, page_of(alice), "ban", term="7", reason="First.")

    told = text_of(mike.post(page, {"term": "ever", "reason": "Second.", "seen": seen}), 409)

    assert "This changed while you decided. Alice is banned until" in told
    assert "The player is banned already until" in told
    assert trail() == [("mona", "ban", "First.")]


def test_a_stale_page_is_shown_anew_and_then_decides(moderator: Browser, alice: Player) -> None:
    page = f"{page_of(alice)}decide/rename/"
    seen = seen_at(text_of(moderator.get(page)))
    ledger.rename(user_id=alice.pk, username="alicia", by=None, reason="Asked.")

    told = text_of(moderator.post(page, {"username": "ally", "reason": "Asked.", "seen": seen}), 409)
    assert "Alicia is active" in told
    moderator.post(page, {"username": "ally", "reason": "Asked.", "seen": seen_at(told)})

    alice.refresh_from_db()
    assert alice.username == "ally"


def test_a_page_that_carries_nothing_decides_nothing(moderator: Browser, alice: Player) -> None:
    assert moderator.post(f"{page_of(alice)}decide/ban/", {"term": "ever", "reason": "x"}).status_code == 409

    alice.refresh_from_db()
    assert not alice.banned


def test_a_busy_ledger_is_told(moderator: Browser, alice: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "_PATIENCE", "SET LOCAL lock_timeout = '50ms'")
    with somebody_else() as batch:
        batch.execute(gate.SHARED_SQL)

        single = text_of(decide(moderator, page_of(alice), "ban", term="ever"), 409)
        several = text_of(select(moderator, PLAYERS, "ban", alice.pk, term="ever"), 409)

    assert "The ledger is busy" in single
    assert "The ledger is busy" in several
    assert trail() == []


# --- Names and points ---------------------------------------------------------------------------


def test_a_player_is_renamed_and_the_old_name_stays_known(moderator: Browser, alice: Player) -> None:
    assert "1 player renamed." in text_of(decide(moderator, page_of(alice), "rename", username=" Zoe\u0308 "))

    former = FormerName.objects.get()
    assert (former.before, former.after) == ("alice", "Zoë")
    assert "name: alice → Zoë" in text_of(moderator.get(f"{page_of(alice)}change/"))


@pytest.mark.usefixtures("bob")
@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("bob", 409, "Another player is called 'bob'."),
        ("a\u202eb", 200, "must not contain the character U+202E"),
        ("Deleted player 7", 200, "kept for players who were erased"),
        ("", 200, "This field is required."),
    ],
)
def test_a_name_that_cannot_be_is_refused(moderator: Browser, alice: Player, name: str, status: int, told: str) -> None:
    assert told in text_of(decide(moderator, page_of(alice), "rename", username=name), status)

    alice.refresh_from_db()
    assert alice.username == "alice"


def test_points_are_given_and_taken(moderator: Browser, arena: Client, alice: Player) -> None:
    make_ranks()
    recorded(session(arena, alice, 50))

    assert "1 player adjusted." in text_of(decide(moderator, page_of(alice), "adjust", points="-20"))
    assert get(f"/api/leaderboard/rank/{alice.pk}").json()["total_score"] == 30
    refused = text_of(decide(moderator, page_of(alice), "adjust", points="-31"), 409)

    assert "total would fall below 0" in refused
    assert get(f"/api/leaderboard/rank/{alice.pk}").json()["total_score"] == 30
    assert [action for _, action, _ in trail()] == ["adjust"]


@pytest.mark.parametrize("points", ["0", "", "1.5", str(2**53), str(-(2**63)), "many"])
def test_points_that_are_none_are_refused(moderator: Browser, alice: Player, points: str) -> None:
    text_of(decide(moderator, page_of(alice), "adjust", points=points))

    assert trail() == []


# --- Who is not decided about -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "answers"),
    [
        ("ban", {"term": "ever"}),
        ("rename", {"username": "nobody"}),
        ("adjust", {"points": "5"}),
        ("export", {}),
        ("erase", {"name": "vera"}),
    ],
)
def test_nobody_decides_about_staff_by_a_click(operator: Browser, decision: str, answers: dict[str, str]) -> None:
    vera = staff("vera", Role.VIEWER)
    page = f"{page_of(vera)}decide/{decision}/"

    assert f'href="{page}"' not in text_of(operator.get(f"{page_of(vera)}change/"))
    assert "This is an account of staff" in text_of(operator.get(page))
    assert "This is an account of staff" in text_of(
        operator.post(page, {"reason": "x", "seen": "vera is active", **answers}), 409
    )
    assert trail() == []


def test_unknown_rows_and_decisions_are_not_found(moderator: Browser, alice: Player) -> None:
    assert moderator.get(f"{page_of(alice)}decide/promote/").status_code == 404
    assert moderator.post(f"{PLAYERS}{2**62}/decide/ban/").status_code == 404
    assert moderator.post(f"{PLAYERS}{2**70}/decide/ban/").status_code == 404
    assert moderator.post(f"{PLAYERS}decide/rename/", {"rows": str(alice.pk), "username": "x"}).status_code == 404
    assert moderator.get(f"{PLAYERS}decide/ban/").status_code == 405
    assert moderator.get(f"{PLAYERS}{2**70}/change/").status_code == 302


# --- The page of a player -----------------------------------------------------------------------


def test_a_players_page_shows_standings_and_history(moderator: Browser, arena: Client, alice: Player) -> None:
    make_ranks()
    recorded(session(arena, alice, 1234))
    ledger.ban(user_id=alice.pk, by=None, reason="A test.")
    ledger.unban(user_id=alice.pk, by=None, reason="It is over.")

    page = text_of(moderator.get(f"{page_of(alice)}change/"))

    assert "global:all" in page
    assert "1,234" in page
    assert "state: active → banned" in page
    assert "It is over." in page
    assert f"/admin/scores/gamesession/?player={alice.pk}" in page


def test_a_page_says_so_where_there_is_no_rank(moderator: Browser, arena: Client, alice: Player) -> None:
    make_ranks()
    recorded(session(arena, alice, 10))
    ledger.ban(user_id=alice.pk, by=None, reason="A test.")

    assert "not ranked" in text_of(moderator.get(f"{page_of(alice)}change/"))


def test_a_page_is_shown_without_valkey(moderator: Browser, arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))

    with valkey_away():
        assert "global:all" in text_of(moderator.get(f"{page_of(alice)}change/"))


def test_players_are_found_by_name_and_id_also_when_banned(moderator: Browser, alice: Player, bob: Player) -> None:
    ledger.ban(user_id=alice.id, by=None, reason="Cheated.")

    assert "alice" in text_of(moderator.get(PLAYERS, {"q": "ALI"}))
    assert "alice" in text_of(moderator.get(PLAYERS, {"q": str(alice.id)}))
    assert f"{PLAYERS}{bob.id}/change/" not in text_of(moderator.get(PLAYERS, {"q": "ali"}))
    assert f"{PLAYERS}{alice.id}/change/" not in text_of(moderator.get(PLAYERS, {"q": "%"}))
    assert "0 players" in text_of(moderator.get(PLAYERS, {"q": "9" * 30}))
    assert "alice" in text_of(moderator.get(PLAYERS, {"state__exact": "banned"}))


def test_a_search_leads_back_to_the_whole_list(moderator: Browser, alice: Player, bob: Player) -> None:
    page = text_of(moderator.get(PLAYERS, {"q": "ali"}))

    assert '<a href="?">Show all players</a>' in page
    assert f"{PLAYERS}{bob.id}/change/" in text_of(moderator.get(f"{PLAYERS}?"))


def test_a_list_of_players_never_counts_its_whole_table(moderator: Browser) -> None:
    with CaptureQueriesContext(connection) as queries:
        text_of(moderator.get(PLAYERS))

    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 1000" in sql for sql in counts)


@pytest.mark.parametrize(("query", "index"), [("state = 'banned'", "users_banned"), ("is_staff", "users_staff")])
def test_the_few_among_many_players_stand_in_an_index(query: str, index: str) -> None:
    Player.objects.bulk_create(Player(username=f"player{number}") for number in range(5000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE users")
        cursor.execute(f"EXPLAIN SELECT id FROM users WHERE {query} ORDER BY id DESC LIMIT 100")
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert index in plan


# --- Data rights --------------------------------------------------------------------------------


def test_an_operator_exports_a_players_data(operator: Browser, arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 10))

    response = decide(operator, page_of(alice), "export", reason="She asked for it.")

    assert response["Content-Disposition"] == f'attachment; filename="player-{alice.pk}.json"'
    document = json.loads(response.getvalue())
    assert (document["player"]["username"], len(document["sessions"])) == ("alice", 1)
    assert trail() == [("olga", "export", "She asked for it.")]


def test_an_operator_erases_a_player_whose_name_is_typed(operator: Browser, alice: Player) -> None:
    wrong = text_of(decide(operator, page_of(alice), "erase", name="bob"))
    assert "This is not the player's name." in wrong

    assert "1 player erased." in text_of(decide(operator, page_of(alice), "erase", name="alice"))

    alice.refresh_from_db()
    assert (alice.state, alice.username) == ("erased", f"Deleted player {alice.pk}")
    assert "/decide/" not in text_of(operator.get(f"{page_of(alice)}change/"))
    assert trail() == [("olga", "erase", "Cheated.")]
