"""The admin site, as moderators meet it: real pages, real decisions."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.http import HttpRequest
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from scores import api_keys, ledger
from scores.ledger import gate
from scores.models import ApiKey, Board, Client, GameSession, Player, Standing
from tests.api import get
from tests.faults import somebody_else
from tests.ledger import make_ranks, recorded, session

pytestmark = pytest.mark.usefixtures("committed")

PLAYERS = "/admin/scores/player/"
SESSIONS = "/admin/scores/gamesession/"
KEYS = "/admin/scores/apikey/"
BOARDS = "/admin/scores/board/"


def logged_in(player: Player) -> Browser:
    browser = Browser()
    browser.force_login(player)
    return browser


@pytest.fixture
def root(committed: None) -> Browser:
    return logged_in(Player.objects.create(username="root", is_staff=True, is_superuser=True))


@pytest.fixture
def moderator(committed: None) -> Browser:
    """Somebody who may moderate players and sessions, and look at keys."""
    player = Player.objects.create(username="mona", is_staff=True)
    codenames = ["change_player", "change_gamesession", "view_apikey", "view_board"]
    player.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return logged_in(player)


@pytest.fixture
def onlooker(committed: None) -> Browser:
    """Somebody who may only look."""
    player = Player.objects.create(username="otto", is_staff=True)
    player.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    return logged_in(player)


def text_of(response: Any) -> str:
    assert response.status_code == 200, response
    return str(response.content.decode())


def press(browser: Browser, page: str, decision: str) -> str:
    """Press a button on a page, and read where it leads."""
    assert f'action="{page.removesuffix("change/")}decide/{decision}/"' in text_of(browser.get(page))
    return text_of(browser.post(f"{page.removesuffix('change/')}decide/{decision}/", follow=True))


def select(browser: Browser, table: str, action: str, *ids: int) -> str:
    """Choose an action for rows of a list, and read where it leads."""
    return text_of(browser.post(table, {"action": action, "_selected_action": ids}, follow=True))


def top() -> list[str]:
    return [row["username"] for row in get("/api/leaderboard/top").json()["top_players"]]


# --- Players ------------------------------------------------------------------------------------


def test_a_player_is_banned_and_unbanned_by_buttons(moderator: Browser, arena: Client, alice: Player) -> None:
    make_ranks()
    recorded(session(arena, alice, 50))
    page = f"{PLAYERS}{alice.id}/change/"

    assert "1 player banned." in press(moderator, page, "ban")
    assert top() == []

    assert "1 player unbanned." in press(moderator, page, "unban")
    assert top() == ["alice"]
    assert [entry.change_message for entry in LogEntry.objects.order_by("id")] == ["Banned.", "Unbanned."]
    assert {entry.user.username for entry in LogEntry.objects.all()} == {"mona"}


def test_players_are_banned_as_selected(
    moderator: Browser, arena: Client, alice: Player, bob: Player, charlie: Player
) -> None:
    recorded(session(arena, alice, 3), session(arena, bob, 2), session(arena, charlie, 1))
    ledger.ban(user_id=bob.id, by=None, reason="Cheated.")

    page = select(moderator, PLAYERS, "ban", alice.id, bob.id)

    assert "1 player banned." in page
    assert "1 player needed nothing." in page
    assert top() == ["charlie"]
    assert "2 players unbanned." in select(moderator, PLAYERS, "unban", alice.id, bob.id)
    assert top() == ["alice", "bob", "charlie"]


def test_nobody_means_more_than_a_hundred_at_once(moderator: Browser) -> None:
    Player.objects.bulk_create(Player(username=f"player{number}") for number in range(101))
    ids = Player.objects.filter(username__startswith="player").values_list("id", flat=True)

    page = text_of(
        moderator.post(PLAYERS, {"action": "ban", "_selected_action": ids[:1], "select_across": "1"}, follow=True)
    )

    assert "at most 100" in page
    assert not Player.objects.filter(state="banned").exists()


def test_a_busy_ledger_is_told(moderator: Browser, alice: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "_PATIENCE", "SET LOCAL lock_timeout = '50ms'")
    with somebody_else() as batch:
        batch.execute(gate.SHARED_SQL)

        page = press(moderator, f"{PLAYERS}{alice.id}/change/", "ban")

    assert "The ledger is busy: alice was not banned." in page
    assert not Player.objects.get(pk=alice.pk).banned
    assert not LogEntry.objects.exists()


def test_players_are_found_by_name_and_id_also_when_banned(moderator: Browser, alice: Player, bob: Player) -> None:
    ledger.ban(user_id=alice.id, by=None, reason="Cheated.")

    assert "alice" in text_of(moderator.get(PLAYERS, {"q": "ALI"}))
    assert "alice" in text_of(moderator.get(PLAYERS, {"q": str(alice.id)}))
    assert f"{PLAYERS}{bob.id}/change/" not in text_of(moderator.get(PLAYERS, {"q": "ali"}))
    assert f"{PLAYERS}{alice.id}/change/" not in text_of(moderator.get(PLAYERS, {"q": "%"}))
    assert "0 players" in text_of(moderator.get(PLAYERS, {"q": "9" * 30}))
    assert "alice" in text_of(moderator.get(PLAYERS, {"state__exact": "banned"}))


def test_nothing_is_deleted(root: Browser, arena: Client, alice: Player) -> None:
    [receipt] = recorded(session(arena, alice))

    for page in (f"{PLAYERS}{alice.id}", f"{SESSIONS}{receipt.session_id}", f"{BOARDS}1"):
        assert root.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert "delete_selected" not in text_of(root.get(PLAYERS))


def test_a_moderator_sees_no_account_and_edits_nothing(moderator: Browser, alice: Player) -> None:
    page = f"{PLAYERS}{alice.id}/change/"

    shown = text_of(moderator.get(page))

    assert "Superuser status" not in shown
    assert "password" not in shown.lower().replace("/admin/password_change/", "").replace("change password", "")
    assert moderator.post(page, {"is_superuser": "on", "is_staff": "on"}).status_code == 403
    assert moderator.post(f"{PLAYERS}{alice.id}/password/", {}).status_code == 403
    assert moderator.get(f"{PLAYERS}add/").status_code == 403
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser) == (False, False)


def test_an_onlooker_decides_nothing(onlooker: Browser, arena: Client, alice: Player) -> None:
    [receipt] = recorded(session(arena, alice))
    api_key, secret = api_keys.create("arena", ["sessions:submit"])

    for page, decision in (
        (f"{PLAYERS}{alice.id}", "ban"),
        (f"{SESSIONS}{receipt.session_id}", "void"),
        (f"{KEYS}{api_key.pk}", "revoke"),
    ):
        assert "/decide/" not in text_of(onlooker.get(f"{page}/change/"))
        assert onlooker.post(f"{page}/decide/{decision}/").status_code == 403
    select(onlooker, PLAYERS, "ban", alice.id)

    assert not Player.objects.get(pk=alice.pk).banned
    assert GameSession.objects.get().voided_at is None
    assert api_keys.verify(secret) is not None


def test_strangers_and_players_are_sent_to_the_login(alice: Player) -> None:
    for browser in (Browser(), logged_in(alice)):
        for path in (PLAYERS, SESSIONS, KEYS, BOARDS, f"{PLAYERS}{alice.id}/change/"):
            assert browser.get(path).headers["Location"].startswith("/admin/login/")
        assert browser.post(f"{PLAYERS}{alice.id}/decide/ban/").status_code == 302
    assert not Player.objects.get(pk=alice.pk).banned


def test_a_decision_needs_a_post_with_a_token(alice: Player) -> None:
    mona = Player.objects.create(username="mona", is_staff=True, is_superuser=True)
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(mona)

    assert browser.post(f"{PLAYERS}{alice.id}/decide/ban/").status_code == 403
    assert browser.get(f"{PLAYERS}{alice.id}/decide/ban/").status_code == 405
    assert not Player.objects.get(pk=alice.pk).banned


def test_unknown_rows_and_decisions_are_not_found(moderator: Browser, alice: Player) -> None:
    assert moderator.post(f"{PLAYERS}{alice.id}/decide/promote/").status_code == 404
    assert moderator.post(f"{PLAYERS}{2**62}/decide/ban/").status_code == 404
    assert moderator.post(f"{PLAYERS}{2**70}/decide/ban/").status_code == 404


def test_a_superuser_makes_a_moderator(root: Browser) -> None:
    account = {"username": " Zoe\u0308 ", "usable_password": "true"}
    password = {"password1": "correct horse battery", "password2": "correct horse battery"}

    page = text_of(root.post(f"{PLAYERS}add/", {**account, **password}, follow=True))

    zoe = Player.objects.get(username="Zoë")
    assert "Zoë" in page
    root.post(f"{PLAYERS}{zoe.id}/change/", {"is_staff": "on", "is_active": "on"})
    zoe.refresh_from_db()
    assert (zoe.is_staff, zoe.username, zoe.state) == (True, "Zoë", "active")
    assert Browser().login(username="Zoë", password="correct horse battery")


def test_a_name_that_no_player_may_have_is_refused_here_too(root: Browser) -> None:
    password = {"password1": "correct horse battery", "password2": "correct horse battery"}

    page = text_of(root.post(f"{PLAYERS}add/", {"username": "a\u202eb", "usable_password": "true", **password}))

    assert "must not contain the character U+202E" in page


def test_an_edited_account_keeps_a_ban_that_came_in_between(root: Browser, alice: Player) -> None:
    stale = Player.objects.get(pk=alice.pk)
    ledger.ban(user_id=alice.id, by=None, reason="Cheated.")

    stale.is_staff = True

    site._registry[Player].save_model(HttpRequest(), stale, SimpleNamespace(changed_data=["is_staff", "groups"]), True)

    alice.refresh_from_db()
    assert (alice.is_staff, alice.banned) == (True, True)


# --- Sessions -----------------------------------------------------------------------------------


def test_a_session_is_voided_by_its_button(moderator: Browser, arena: Client, alice: Player) -> None:
    make_ranks()
    wrong, _ = recorded(session(arena, alice, 1000), session(arena, alice, 7))
    page = f"{SESSIONS}{wrong.session_id}/change/"

    assert "1 game session voided." in press(moderator, page, "void")

    assert get(f"/api/leaderboard/rank/{alice.id}").json()["total_score"] == 7
    assert "/decide/void/" not in text_of(moderator.get(page))
    assert LogEntry.objects.get().change_message == "Voided."


def test_sessions_are_voided_as_selected(moderator: Browser, arena: Client, alice: Player) -> None:
    receipts = recorded(*(session(arena, alice, 10) for _ in range(3)))
    ledger.void_sessions(session_ids=[receipts[0].session_id], by=None, reason="Cheated.")

    page = select(moderator, SESSIONS, "void", receipts[0].session_id, receipts[1].session_id)

    assert "1 game session voided." in page
    assert "1 game session needed nothing." in page
    assert Standing.objects.get(user=alice).total_score == 10


def test_sessions_are_found_by_player_mode_and_void(
    moderator: Browser, arena: Client, alice: Player, bob: Player
) -> None:
    of_alice, of_bob = recorded(session(arena, alice, 1), session(arena, bob, 2))
    ledger.void_sessions(session_ids=[of_bob.session_id], by=None, reason="Cheated.")

    def shown(**query: str) -> set[int]:
        page = text_of(moderator.get(SESSIONS, query))
        return {int(found) for found in re.findall(rf"{SESSIONS}(\d+)/change/", page)}

    both = {of_alice.session_id, of_bob.session_id}
    assert shown() == shown(mode="survival") == both
    assert shown(q="ali") == shown(q=str(alice.id)) == shown(voided="no") == {of_alice.session_id}
    assert shown(q="bob", voided="yes") == shown(voided="yes") == {of_bob.session_id}
    assert shown(mode="ranked") == shown(q="nobody") == set()


def test_a_session_is_never_edited_or_added(root: Browser, arena: Client, alice: Player) -> None:
    [receipt] = recorded(session(arena, alice, 10))

    assert root.post(f"{SESSIONS}{receipt.session_id}/change/", {"score": 1000}).status_code == 403
    assert root.get(f"{SESSIONS}add/").status_code == 403
    assert GameSession.objects.get().score == 10


@pytest.mark.parametrize("path", [PLAYERS, SESSIONS])
def test_a_list_never_counts_its_whole_table(moderator: Browser, path: str) -> None:
    with CaptureQueriesContext(connection) as queries:
        text_of(moderator.get(path))

    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 1000" in sql for sql in counts)


# --- Boards and keys ----------------------------------------------------------------------------


def test_only_the_name_of_a_board_is_edited(root: Browser) -> None:
    board = Board.objects.get()
    inlines = {"windows-TOTAL_FORMS": "0", "windows-INITIAL_FORMS": "0"}

    try:
        root.post(f"{BOARDS}{board.pk}/change/", {"name": "World", "slug": "other", **inlines})
        board.refresh_from_db()
        assert (board.name, board.slug) == ("World", "global")
        assert "all" in text_of(root.get(f"{BOARDS}{board.pk}/change/"))
        assert root.get(f"{BOARDS}add/").status_code == 403
    finally:
        Board.objects.update(name="Global")


def test_a_new_key_is_shown_once_and_works(root: Browser) -> None:
    page = text_of(root.post(f"{KEYS}add/", {"name": "arena", "scopes": ["sessions:submit"]}))

    [secret] = re.findall(r"rk_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", page)
    api_key = api_keys.verify(secret)
    assert api_key is not None
    assert (api_key.client.name, api_key.scopes) == ("arena", ["sessions:submit"])
    for path in (KEYS, f"{KEYS}{api_key.pk}/change/"):
        shown = text_of(root.get(path))
        assert api_key.prefix in shown
        assert secret not in shown
        assert api_key.digest not in shown


@pytest.mark.parametrize("fields", [{}, {"name": "arena"}, {"name": "a", "scopes": ["everything"]}, {"name": "a\x7f"}])
def test_a_key_without_name_or_scope_is_not_made(root: Browser, fields: dict[str, Any]) -> None:
    text_of(root.post(f"{KEYS}add/", fields))

    assert not ApiKey.objects.exists()


def test_a_key_is_revoked_by_its_button(root: Browser) -> None:
    api_key, secret = api_keys.create("arena", ["sessions:submit"])

    assert "1 API key revoked." in press(root, f"{KEYS}{api_key.pk}/change/", "revoke")

    assert api_keys.verify(secret) is None
    assert "needed nothing" in select(root, KEYS, "revoke", api_key.pk)


def test_a_moderator_makes_and_revokes_no_keys(moderator: Browser) -> None:
    api_key, secret = api_keys.create("arena", ["sessions:submit"])

    assert moderator.get(f"{KEYS}add/").status_code == 403
    assert moderator.post(f"{KEYS}add/", {"name": "x", "scopes": ["sessions:submit"]}).status_code == 403
    assert moderator.post(f"{KEYS}{api_key.pk}/decide/revoke/").status_code == 403
    assert api_keys.verify(secret) is not None


@pytest.mark.parametrize(
    "query", ["gamesession/?mode=%00", "player/?state__exact=%00", "player/?q=" + "9" * 5000, "player/?q=%20%201%20"]
)
def test_no_query_is_answered_with_an_error_of_ours(root: Browser, query: str) -> None:
    assert root.get(f"/admin/scores/{query}").status_code in {200, 302, 400}
