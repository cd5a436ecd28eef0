"""Sessions at the moderators' desk: found within bounds, voided and counted again."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from scores import ledger
from scores.admin import bounds
from scores.models import AuditEntry, Client, GameSession, Player, Standing
from scores.roles import Role
from tests.api import get
from tests.desk import SESSIONS, decide, logged_in, select, staff, text_of
from tests.ledger import make_ranks, recorded, session

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def mona(committed: None) -> Player:
    return staff("mona", Role.MODERATOR)


@pytest.fixture
def moderator(mona: Player) -> Browser:
    return logged_in(mona)


def ids_in(browser: Browser, **query: str | int) -> set[int]:
    page = text_of(browser.get(SESSIONS, query))
    return {int(found) for found in re.findall(rf"{SESSIONS}(\d+)/change/", page)}


def recorded_at(moment: datetime, session_ids: list[int]) -> None:
    """Pretend that sessions were recorded then: no clock can be turned back for PostgreSQL."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE game_sessions DISABLE TRIGGER game_sessions_append_only")
        cursor.execute("UPDATE game_sessions SET recorded_at = %s WHERE id = ANY(%s)", [moment, session_ids])
        cursor.execute("ALTER TABLE game_sessions ENABLE TRIGGER game_sessions_append_only")


# --- Void and back ------------------------------------------------------------------------------


def test_a_session_is_voided_and_counts_again(moderator: Browser, arena: Client, alice: Player) -> None:
    make_ranks()
    wrong, _ = recorded(session(arena, alice, 1000), session(arena, alice, 7))
    row = f"{SESSIONS}{wrong.session_id}/"

    assert "1 game session voided." in text_of(decide(moderator, row, "void"))
    assert get(f"/api/leaderboard/rank/{alice.id}").json()["total_score"] == 7
    assert "void since" in text_of(moderator.get(f"{row}change/"))
    assert "1 game session no longer void." in text_of(decide(moderator, row, "unvoid", reason="Checked."))
    assert get(f"/api/leaderboard/rank/{alice.id}").json()["total_score"] == 1007

    trail = AuditEntry.objects.order_by("id").values_list("actor__username", "action", "subject_id", "player_id")
    assert list(trail) == [("mona", action, wrong.session_id, alice.pk) for action in ("void", "unvoid")]
    assert "voided: no → yes" in text_of(moderator.get(f"{row}change/"))


def test_sessions_are_voided_as_selected(moderator: Browser, arena: Client, alice: Player) -> None:
    ids = [receipt.session_id for receipt in recorded(*(session(arena, alice, 10) for _ in range(3)))]
    ledger.void_sessions(session_ids=ids[:1], by=None, reason="Cheated.")

    page = text_of(select(moderator, SESSIONS, "void", *ids[:2]))

    assert "1 game session voided." in page
    assert "1 left as it was: The session is void already." in page
    assert Standing.objects.get(user=alice).total_score == 10
    assert "2 game sessions no longer void." in text_of(select(moderator, SESSIONS, "unvoid", *ids))
    assert Standing.objects.get(user=alice).total_score == 30


def test_a_selection_asks_why_and_shows_what_it_is_about(moderator: Browser, arena: Client, alice: Player) -> None:
    ids = [receipt.session_id for receipt in recorded(*(session(arena, alice, 10) for _ in range(25)))]

    asked = text_of(moderator.post(f"{SESSIONS}?mode=survival", {"action": "void", "_selected_action": ids}))

    assert "Void: 25 game sessions" in asked
    assert "… and 5 more." in asked
    assert "player: alice" in asked
    assert not GameSession.objects.exclude(voided_at=None).exists()
    answers = {"rows": ",".join(map(str, ids)), "filters": "mode=survival"}
    assert "This field is required." in text_of(moderator.post(f"{SESSIONS}decide/void/", answers))
    done = moderator.post(f"{SESSIONS}decide/void/", {**answers, "reason": "Cheated."})
    assert done.headers["Location"] == f"{SESSIONS}?mode=survival"


def test_a_thousand_are_the_most_at_once(moderator: Browser, arena: Client, alice: Player) -> None:
    ids = [receipt.session_id for receipt in recorded(*(session(arena, alice, 1) for _ in range(1001)))]
    everything = {"action": "void", "_selected_action": ids[:1], "select_across": "1"}
    forged = {"rows": ",".join(map(str, ids)), "reason": "Cheated."}

    told = text_of(moderator.post(SESSIONS, everything, follow=True))

    assert "Select at most 1,000 at once: nothing was changed." in told
    assert moderator.post(f"{SESSIONS}decide/void/", forged).status_code == 400
    assert not GameSession.objects.exclude(voided_at=None).exists()
    allowed = {**forged, "rows": ",".join(map(str, ids[:1000]))}
    assert "1,000 game sessions voided." in text_of(moderator.post(f"{SESSIONS}decide/void/", allowed, follow=True))


def test_rows_that_do_not_exist_are_told(moderator: Browser, arena: Client, alice: Player) -> None:
    [receipt] = recorded(session(arena, alice))

    answers = {"rows": f"{receipt.session_id},{10**12}", "reason": "Cheated."}
    page = text_of(moderator.post(f"{SESSIONS}decide/void/", answers, follow=True))

    assert "1 game session voided." in page
    assert "1 could not be found any more." in page


def test_what_holds_a_total_up_is_not_voided(moderator: Browser, arena: Client, alice: Player, mona: Player) -> None:
    [receipt] = recorded(session(arena, alice, 100))
    ledger.adjust(user_id=alice.pk, points=-60, by=mona.pk, reason="Cheated.")

    refused = text_of(decide(moderator, f"{SESSIONS}{receipt.session_id}/", "void"), 409)
    several = text_of(select(moderator, SESSIONS, "void", receipt.session_id), 409)

    assert "total would fall below 0" in refused
    assert "total would fall below 0" in several
    assert Standing.objects.get(user=alice).total_score == 40


def test_nobody_decides_about_their_own_sessions(moderator: Browser, arena: Client, mona: Player) -> None:
    [receipt] = recorded(session(arena, mona))
    row = f"{SESSIONS}{receipt.session_id}/"

    assert "/decide/void/" not in text_of(moderator.get(f"{row}change/"))
    assert "your own session" in text_of(moderator.post(f"{row}decide/void/", {"reason": "x", "seen": "counts"}), 409)
    assert "your own session" in text_of(select(moderator, SESSIONS, "void", receipt.session_id))
    assert GameSession.objects.get().voided_at is None


def test_a_session_is_never_edited_or_added(arena: Client, alice: Player) -> None:
    root = logged_in(staff("root", None))
    [receipt] = recorded(session(arena, alice, 10))

    assert root.post(f"{SESSIONS}{receipt.session_id}/change/", {"score": 1000}).status_code == 403
    assert root.get(f"{SESSIONS}add/").status_code == 403
    assert root.post(f"{SESSIONS}{receipt.session_id}/delete/", {"post": "yes"}).status_code == 403
    assert GameSession.objects.get().score == 10


# --- Filters ------------------------------------------------------------------------------------


def test_sessions_are_found_by_player_mode_score_kind_and_state(
    moderator: Browser, mona: Player, arena: Client, alice: Player, bob: Player
) -> None:
    of_alice, of_bob = (receipt.session_id for receipt in recorded(session(arena, alice, 1), session(arena, bob, 20)))
    ledger.void_sessions(session_ids=[of_bob], by=None, reason="Cheated.")
    gift = ledger.adjust(user_id=alice.pk, points=5, by=mona.pk, reason="A prize.")

    assert ids_in(moderator) == {of_alice, of_bob, gift}
    assert ids_in(moderator, mode="survival") == {of_alice, of_bob}
    assert ids_in(moderator, q="ali") == ids_in(moderator, q=str(alice.id)) == {of_alice, gift}
    assert ids_in(moderator, player=bob.id) == ids_in(moderator, q="bob", voided="yes") == {of_bob}
    assert ids_in(moderator, voided="no", kind="game") == {of_alice}
    assert ids_in(moderator, kind="adjustment") == {gift}
    assert ids_in(moderator, least=5) == {of_bob, gift}
    assert ids_in(moderator, least=5, player=alice.id) == {gift}
    assert ids_in(moderator, held="yes") == set()
    assert ids_in(moderator, mode="ranked") == ids_in(moderator, q="nobody") == set()


def test_sessions_are_found_by_the_day(moderator: Browser, arena: Client, alice: Player) -> None:
    ids = [receipt.session_id for receipt in recorded(*(session(arena, alice) for _ in range(4)))]
    today = timezone.now().astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    for session_id, days in zip(ids, (40, 20, 5, 0), strict=True):
        recorded_at(today - timedelta(days=days), [session_id])

    assert ids_in(moderator, within="1") == {ids[3]}
    assert ids_in(moderator, within="7") == {ids[3], ids[2]}
    assert ids_in(moderator, within="30") == {ids[3], ids[2], ids[1]}
    day = f"{today - timedelta(days=20):%Y-%m-%d}"
    assert ids_in(moderator, since=day, until=day) == {ids[1]}
    assert ids_in(moderator, until=day) == {ids[0], ids[1]}
    assert ids_in(moderator, since=f"{today + timedelta(days=1):%Y-%m-%d}") == set()


@pytest.mark.parametrize(
    "query",
    [
        "since=x",
        "until=9999-12-31",
        "since=2026-02-30",
        "least=x",
        "least=1e9",
        f"least={2**60}",
        "player=x",
        "within=5",
    ],
)
def test_a_filter_that_means_nothing_is_left_out(moderator: Browser, query: str) -> None:
    assert moderator.get(f"{SESSIONS}?{query}", follow=True).status_code == 200


def test_what_is_chosen_goes_along_with_a_date(moderator: Browser, arena: Client, alice: Player) -> None:
    recorded(session(arena, alice))

    page = text_of(moderator.get(SESSIONS, {"mode": "survival", "q": "ali", "least": "5"}))

    [asking] = re.findall(r'<form method="get" class="asking">.*?name="since"', page, re.DOTALL)
    for name, value in (("mode", "survival"), ("q", "ali"), ("least", "5")):
        assert f'name="{name}" value="{value}"' in asking


def test_a_filter_without_a_player_looks_at_the_latest_only(
    moderator: Browser, arena: Client, alice: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [receipt.session_id for receipt in recorded(*(session(arena, alice) for _ in range(5)))]
    monkeypatch.setattr("scores.admin.filters.MOST_SCANNED", 2)

    assert ids_in(moderator, mode="survival") == set(ids[3:])
    assert ids_in(moderator, mode="survival", player=alice.pk) == set(ids)
    recorded_at(datetime(2026, 1, 1, tzinfo=UTC), ids[:3])
    assert ids_in(moderator, mode="survival", until="2026-01-01") == {ids[1], ids[2]}


def test_a_time_is_found_by_looking_at_few_rows(arena: Client, alice: Player) -> None:
    ids = [receipt.session_id for receipt in recorded(*(session(arena, alice) for _ in range(100)))]
    recorded_at(datetime(2026, 1, 1, tzinfo=UTC), ids[:37])

    with CaptureQueriesContext(connection) as queries:
        found = bounds.first_id_since(GameSession, "recorded_at", datetime(2026, 1, 2, tzinfo=UTC))

    assert found == ids[37]
    assert len(queries) <= 10


def test_a_list_of_sessions_never_counts_its_whole_table(moderator: Browser) -> None:
    with CaptureQueriesContext(connection) as queries:
        text_of(moderator.get(SESSIONS))

    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 1000" in sql for sql in counts)


@pytest.mark.parametrize(
    "query", ["gamesession/?mode=%00", "player/?state__exact=%00", "player/?q=" + "9" * 5000, "player/?q=%20%201%20"]
)
def test_no_query_is_answered_with_an_error_of_ours(query: str) -> None:
    root = logged_in(staff("root", None))
    assert root.get(f"/admin/scores/{query}").status_code in {200, 302, 400}
