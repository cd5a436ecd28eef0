"""The audit trail as people read it, the first page of the desk, and the accounts, boards and keys that it tells of."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.test import Client as Browser

from scores import api_keys, ledger
from scores.models import ApiKey, AuditEntry, Board, Client, Player
from scores.roles import Role
from tests.desk import BOARDS, KEYS, PLAYERS, TRAIL, decide, logged_in, select, staff, text_of
from tests.ledger import recorded, session

pytestmark = pytest.mark.usefixtures("committed")

PASSWORD = {"password1": "correct horse battery", "password2": "correct horse battery"}


@pytest.fixture
def boss(committed: None) -> Player:
    return staff("root", None)


@pytest.fixture
def root(boss: Player) -> Browser:
    return logged_in(boss)


@pytest.fixture
def operator(committed: None) -> Browser:
    return logged_in(staff("olga", Role.OPERATOR))


@pytest.fixture
def viewer(committed: None) -> Browser:
    return logged_in(staff("vera", Role.VIEWER))


def last() -> AuditEntry:
    entry = AuditEntry.objects.order_by("id").last()
    assert entry is not None
    assert not LogEntry.objects.exists()  # there is one trail
    return entry


# --- The trail ----------------------------------------------------------------------------------


@pytest.fixture
def decided(boss: Player, arena: Client, alice: Player, bob: Player) -> int:
    """A ban of alice's, a rename of bob's, a void; the voided session."""
    [receipt] = recorded(session(arena, alice))
    ledger.ban(user_id=alice.pk, by=boss.pk, reason="Two accounts.")
    ledger.rename(user_id=bob.pk, username="robert", by=None, reason="He asked.")
    ledger.void_sessions(session_ids=[receipt.session_id], by=boss.pk, reason="Impossible.")
    return receipt.session_id


def reasons_in(browser: Browser, **query: str | int) -> set[str]:
    page = text_of(browser.get(TRAIL, query))
    return {reason for reason in ("Two accounts.", "He asked.", "Impossible.") if reason in page}


@pytest.mark.usefixtures("decided")
def test_the_trail_tells_who_what_why_and_what_changed(viewer: Browser) -> None:
    page = text_of(viewer.get(TRAIL))

    for told in ("root", "the server", "banned", "Two accounts.", "state: active → banned", "name: bob → robert"):
        assert told in page


def test_the_trail_is_filtered(viewer: Browser, decided: int, alice: Player) -> None:
    assert reasons_in(viewer, action__exact="ban") == {"Two accounts."}
    assert reasons_in(viewer, subject_type__exact="session", within=1) == {"Impossible."}
    assert reasons_in(viewer, until="2020-01-01") == set()
    assert reasons_in(viewer, q="ali") == reasons_in(viewer, player=alice.pk) == {"Two accounts.", "Impossible."}
    assert reasons_in(viewer, q="roo") == {"Two accounts.", "Impossible."}
    assert reasons_in(viewer, q="rob") == {"He asked."}
    assert reasons_in(viewer, about=f"session:{decided}") == {"Impossible."}


@pytest.mark.parametrize("about", ["session", "session:x", "star:1", f"player:{'9' * 40}"])
def test_a_history_of_nothing_is_the_whole_trail(viewer: Browser, about: str) -> None:
    assert viewer.get(TRAIL, {"about": about}, follow=True).status_code == 200


def test_the_history_of_a_player_leads_to_the_trail(viewer: Browser, decided: int, alice: Player) -> None:
    response = viewer.get(f"{PLAYERS}{alice.pk}/history/", follow=True)

    assert response.redirect_chain[-1][0] == f"{TRAIL}?about=player%3A{alice.pk}"
    assert "Two accounts." in text_of(response)


def test_an_entry_is_read_and_never_edited(root: Browser, decided: int) -> None:
    entry = last()

    assert "Impossible." in text_of(root.get(f"{TRAIL}{entry.pk}/change/"))
    assert root.post(f"{TRAIL}{entry.pk}/change/", {"reason": "Other."}).status_code == 403
    assert root.post(f"{TRAIL}{entry.pk}/delete/", {"post": "yes"}).status_code == 403
    assert root.get(f"{TRAIL}add/").status_code == 403


def test_an_erased_players_name_is_nowhere_in_the_trail(viewer: Browser, decided: int, bob: Player) -> None:
    ledger.erase(user_id=bob.pk, by=None, reason="The law.")

    page = text_of(viewer.get(TRAIL))

    assert "robert" not in page
    assert f"Deleted player {bob.pk}" in page


# --- The first page -----------------------------------------------------------------------------


@pytest.mark.usefixtures("decided")
def test_the_first_page_shows_what_waits_and_what_was_decided(viewer: Browser) -> None:
    page = text_of(viewer.get("/admin/"))

    assert re.search(r"<strong>0</strong>\s+open suspicions", page)
    assert re.search(r"<strong>1</strong>\s+banned players", page)
    assert "Two accounts." in page
    assert 'name="q"' in page


def test_staff_without_a_role_see_an_empty_desk(committed: None) -> None:
    newcomer = logged_in(Player.objects.create(username="nina", is_staff=True))

    page = text_of(newcomer.get("/admin/"))

    assert "Recent decisions" not in page
    assert "<strong>" not in page.split('id="content-main"')[1]


# --- Accounts -----------------------------------------------------------------------------------


def test_a_superuser_makes_a_moderator(root: Browser) -> None:
    account = {"username": " Zoe\u0308 ", "usable_password": "true", "reason": "She joins the team."}

    page = text_of(root.post(f"{PLAYERS}add/", {**account, **PASSWORD}, follow=True))

    zoe = Player.objects.get(username="Zoë")
    assert "Zoë" in page
    assert (last().action, last().subject_id, last().after) == ("create", zoe.pk, {})
    role = str(Group.objects.get(name="moderator").pk)
    access = {"is_staff": "on", "is_active": "on", "groups": [role], "reason": "She joins the team."}
    text_of(root.post(f"{PLAYERS}{zoe.id}/change/", access, follow=True))
    zoe.refresh_from_db()
    assert (zoe.is_staff, zoe.username, zoe.state) == (True, "Zoë", "active")
    assert zoe.has_perm("scores.ban_player")
    assert last().before == {"is_staff": False, "groups": []}
    assert last().after == {"is_staff": True, "groups": ["moderator"]}
    assert zoe.check_password("correct horse battery")


def test_a_superuser_changes_a_password_which_is_told_nowhere(root: Browser, alice: Player) -> None:
    page = f"{PLAYERS}{alice.pk}/password/"
    assert 'name="reason"' in text_of(root.get(page))

    answers = {**PASSWORD, "usable_password": "true", "set-password": "", "reason": "Locked out."}
    text_of(root.post(page, answers, follow=True))

    alice.refresh_from_db()
    assert alice.check_password("correct horse battery")
    assert (last().action, last().reason, last().after) == ("edit", "Locked out.", {"changed": ["password"]})


def test_an_account_is_not_changed_without_a_reason(root: Browser, alice: Player) -> None:
    page = text_of(root.post(f"{PLAYERS}{alice.pk}/change/", {"is_staff": "on", "is_active": "on"}))

    assert "This field is required." in page
    alice.refresh_from_db()
    assert not alice.is_staff


def test_a_superuser_picks_roles_and_no_single_permissions(root: Browser, alice: Player) -> None:
    page = text_of(root.get(f"{PLAYERS}{alice.pk}/change/"))

    assert re.findall(r'type="checkbox" name="groups"', page) == ['type="checkbox" name="groups"'] * 3
    assert "user_permissions" not in page


def test_a_name_that_no_player_may_have_is_refused_here_too(root: Browser) -> None:
    fields = {"username": "a\u202eb", "usable_password": "true", "reason": "x", **PASSWORD}

    assert "must not contain the character U+202E" in text_of(root.post(f"{PLAYERS}add/", fields))


def test_an_edited_account_keeps_a_ban_that_came_in_between(root: Browser, alice: Player) -> None:
    stale = Player.objects.get(pk=alice.pk)
    ledger.ban(user_id=alice.id, by=None, reason="Cheated.")

    stale.is_staff = True
    site._registry[Player].save_model(HttpRequest(), stale, SimpleNamespace(changed_data=["is_staff", "groups"]), True)

    alice.refresh_from_db()
    assert (alice.is_staff, alice.banned) == (True, True)


def test_nobody_but_a_superuser_sees_or_edits_accounts(operator: Browser, alice: Player) -> None:
    page = f"{PLAYERS}{alice.id}/change/"

    shown = text_of(operator.get(page))

    assert "Superuser status" not in shown
    assert "password" not in shown.lower().replace("/admin/password_change/", "").replace("change password", "")
    assert operator.post(page, {"is_superuser": "on", "is_staff": "on", "reason": "x"}).status_code == 403
    assert operator.post(f"{PLAYERS}{alice.id}/password/", {}).status_code == 403
    assert operator.get(f"{PLAYERS}add/").status_code == 403
    alice.refresh_from_db()
    assert (alice.is_staff, alice.is_superuser) == (False, False)


# --- Boards and keys ----------------------------------------------------------------------------


def test_only_the_name_of_a_board_is_edited(operator: Browser) -> None:
    board = Board.objects.get()
    fields = {"name": "World", "slug": "other", "reason": "A better name."}

    try:
        operator.post(f"{BOARDS}{board.pk}/change/", fields)
        board.refresh_from_db()
        assert (board.name, board.slug) == ("World", "global")
        assert (last().before, last().after, last().reason) == ({"name": "Global"}, {"name": "World"}, "A better name.")
        assert "all" in text_of(operator.get(f"{BOARDS}{board.pk}/change/"))
        assert operator.get(f"{BOARDS}add/").status_code == 403
    finally:
        Board.objects.update(name="Global")


def test_a_new_key_is_shown_once_and_works(operator: Browser) -> None:
    fields = {"name": "arena", "scopes": ["sessions:submit"], "reason": "A new server."}
    response = operator.post(f"{KEYS}add/", fields)

    [secret] = re.findall(r"rk_[a-z0-9]{8}_[A-Za-z0-9_-]{43}", text_of(response))
    assert "no-store" in response["Cache-Control"]
    api_key = api_keys.verify(secret)
    assert api_key is not None
    assert (api_key.client.name, api_key.scopes) == ("arena", ["sessions:submit"])
    assert (last().action, last().subject_id, last().reason) == ("create", api_key.pk, "A new server.")
    for path in (KEYS, f"{KEYS}{api_key.pk}/change/"):
        shown = text_of(operator.get(path))
        assert api_key.prefix in shown
        assert secret not in shown
        assert api_key.digest not in shown


@pytest.mark.parametrize("fields", [{}, {"name": "arena"}, {"name": "a", "scopes": ["everything"]}, {"name": "a\x7f"}])
def test_a_key_without_name_or_scope_is_not_made(operator: Browser, fields: dict[str, Any]) -> None:
    text_of(operator.post(f"{KEYS}add/", {**fields, "reason": "x"}))

    assert not ApiKey.objects.exists()


def test_a_key_is_revoked(operator: Browser) -> None:
    api_key, secret = api_keys.create("arena", ["sessions:submit"])

    assert "1 API key revoked." in text_of(decide(operator, f"{KEYS}{api_key.pk}/", "revoke", reason="Leaked."))

    assert api_keys.verify(secret) is None
    assert (last().action, last().subject_id, last().reason) == ("revoke", api_key.pk, "Leaked.")
    assert "The key is revoked already." in text_of(select(operator, KEYS, "revoke", api_key.pk))


def test_the_list_says_when_a_key_was_last_used(viewer: Browser) -> None:
    api_keys.create("arena", ["sessions:submit"])

    assert "Last used" in text_of(viewer.get(KEYS))
