"""Signing up, logging in and changing the password, as the pages and the API do it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scores import accounts, ledger, names
from scores.accounts import bearers, families, hashing
from scores.accounts.errors import InvalidToken
from scores.models import Client, Player
from tests.accounts import ELSEWHERE, HERE, OTHER_PASSWORD, PASSWORD, account, all_hashing_busy, at_once, nobody_counts
from tests.ledger import recorded, session

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One word for each hash that was computed."""
    computed: list[str] = []
    ask = hashing.ask

    def counted(*question: Any) -> Any:
        computed.append("hash")
        return ask(*question)

    monkeypatch.setattr(hashing, "ask", counted)
    return computed


def test_who_signs_up_can_log_in() -> None:
    dora = accounts.signup("  Dora ", PASSWORD, address=HERE)

    assert (dora.username, dora.state, dora.is_staff, dora.is_superuser) == ("Dora", "active", False, False)
    assert dora.join_date == Player.objects.get().join_date
    assert accounts.login("Dora", PASSWORD, address=ELSEWHERE) == dora


def test_a_name_finds_its_account_in_any_case_and_the_exact_one_first() -> None:
    upper = account("Dora")
    lower = account("dora", OTHER_PASSWORD)

    assert accounts.login("DORA", PASSWORD, address=HERE) == upper
    assert accounts.login("Dora", PASSWORD, address=HERE) == upper
    assert accounts.login("dora", OTHER_PASSWORD, address=HERE) == lower


def test_a_name_that_a_game_server_made_does_not_stand_in_an_accounts_way(arena: Client) -> None:
    dora = accounts.signup("Dora", PASSWORD, address=HERE)
    recorded(session(arena, "dora", 10, may_create_player=True))

    assert accounts.login("dora", PASSWORD, address=HERE) == dora


@pytest.mark.parametrize("taken", ["Dora", "dora", "DORA", " dora ", "Ｄora", "dor\u1d43"])
def test_a_name_is_taken_in_every_case_and_in_fancy_letters(taken: str) -> None:
    account("Dora")

    with pytest.raises(accounts.NameTaken):
        accounts.signup(taken, PASSWORD, address=HERE)

    assert Player.objects.count() == 1


def test_the_name_of_a_game_servers_player_is_not_to_be_had(arena: Client) -> None:
    recorded(session(arena, "dora", 10, may_create_player=True))

    with pytest.raises(accounts.NameTaken):
        accounts.signup("Dora", PASSWORD, address=HERE)


@pytest.mark.parametrize("name", ["", " ", "a\x00b", "x" * 65, "a\u202eb", names.of_erased(7)])
def test_a_name_that_nobody_may_have_is_refused(name: str) -> None:
    with pytest.raises(names.InvalidName):
        accounts.signup(name, PASSWORD, address=HERE)


def test_of_many_who_want_one_name_in_different_cases_one_gets_it() -> None:
    spellings = iter(["dora", "Dora", "DORA", "dOra", "doRa", "dorA"])

    outcomes = at_once(lambda: accounts.signup(next(spellings), PASSWORD, address=HERE), times=6)

    assert sum(isinstance(outcome, Player) for outcome in outcomes) == 1
    assert all(isinstance(outcome, Player | accounts.NameTaken | accounts.HashingBusy) for outcome in outcomes), (
        outcomes
    )
    assert Player.objects.count() == 1


def test_strangers_sign_up_only_where_they_may(settings: Any) -> None:
    settings.SIGNUP = False

    with pytest.raises(accounts.SignupClosed):
        accounts.signup("dora", PASSWORD, address=HERE)


def test_every_failed_login_takes_one_hash_and_says_the_same(hashes: list[str], arena: Client) -> None:
    account("alice")
    account("inactive", is_active=False)
    account("no password", None)
    recorded(session(arena, "made by a game", 10, may_create_player=True))
    Player.objects.create(username="never set")
    tried = ["alice", "inactive", "no password", "made by a game", "never set", "unknown", "not\x00a name", ""]
    failures = []

    for name in tried:
        hashes.clear()
        with pytest.raises(accounts.WrongCredentials) as failure:
            accounts.login(name, OTHER_PASSWORD, address=HERE)
        failures.append((len(hashes), str(failure.value)))

    assert failures == [(1, "")] * len(tried)


def test_who_is_not_active_does_not_log_in_with_the_right_password(hashes: list[str]) -> None:
    account("alice", is_active=False)
    hashes.clear()

    with pytest.raises(accounts.WrongCredentials):
        accounts.login("alice", PASSWORD, address=HERE)

    assert len(hashes) == 1


def test_a_banned_player_logs_in_and_an_erased_one_is_gone() -> None:
    alice = account("alice")
    ledger.ban(user_id=alice.pk, by=None, reason="cheating")
    assert accounts.login("alice", PASSWORD, address=HERE).banned

    ledger.erase(user_id=alice.pk, by=None, reason="asked for it")

    for name in ("alice", names.of_erased(alice.pk)):
        with pytest.raises(accounts.WrongCredentials):
            accounts.login(name, PASSWORD, address=HERE)


def test_who_is_refused_by_a_busy_server_has_asked_nobody_and_is_not_counted() -> None:
    alice = account()

    with all_hashing_busy(), nobody_counts(), CaptureQueriesContext(connection) as queries:
        for _ in range(30):
            with pytest.raises(accounts.HashingBusy):
                accounts.login("alice", PASSWORD, address=HERE)
        with pytest.raises(accounts.HashingBusy):
            accounts.signup("dora", PASSWORD, address=HERE)
        with pytest.raises(accounts.HashingBusy):
            accounts.change_password(alice, PASSWORD, OTHER_PASSWORD, address=HERE)

    assert len(queries) == 0
    assert accounts.login("alice", PASSWORD, address=HERE) == alice


def test_a_new_password_ends_every_other_login() -> None:
    alice = account()
    kept, other = families.begin(alice), families.begin(alice)
    family = bearers.verify(kept.access_token).family_id
    assert bearers.verify(other.access_token).player == alice

    accounts.change_password(alice, PASSWORD, OTHER_PASSWORD, address=HERE, keep=family)

    with pytest.raises(InvalidToken):
        bearers.verify(other.access_token)
    with pytest.raises(InvalidToken):
        families.refresh(other.refresh_token, address=HERE)
    assert bearers.verify(kept.access_token).player == alice
    assert families.refresh(kept.refresh_token, address=HERE).player == alice
    assert accounts.login("alice", OTHER_PASSWORD, address=ELSEWHERE) == alice
    with pytest.raises(accounts.WrongCredentials):
        accounts.login("alice", PASSWORD, address=ELSEWHERE)


def test_the_player_at_hand_gets_the_new_hash_for_their_own_session() -> None:
    alice = account()
    before = alice.get_session_auth_hash()

    accounts.change_password(alice, PASSWORD, OTHER_PASSWORD, address=HERE)

    assert alice.get_session_auth_hash() != before
    assert alice.get_session_auth_hash() == Player.objects.get().get_session_auth_hash()


@pytest.mark.parametrize("old", [OTHER_PASSWORD, "", "x" * 1000])
def test_a_password_is_not_changed_without_the_old_one(old: str) -> None:
    alice = account()

    with pytest.raises(accounts.WrongCredentials):
        accounts.change_password(alice, old, "another horse battery", address=HERE)

    assert Player.objects.get().password == alice.password


@pytest.mark.parametrize("new", ["short", "password1234", "x" * 129])
def test_a_password_is_not_changed_into_a_weak_one(new: str) -> None:
    alice = account()

    with pytest.raises(accounts.WeakPassword):
        accounts.change_password(alice, PASSWORD, new, address=HERE)

    assert Player.objects.get().password == alice.password


def test_of_two_changes_at_once_one_fails() -> None:
    alice = account()
    passwords = iter([OTHER_PASSWORD, "another horse battery"])

    outcomes = at_once(lambda: accounts.change_password(alice, PASSWORD, next(passwords), address=HERE))

    failed = [outcome for outcome in outcomes if outcome is not None]
    assert len(failed) == 1
    assert isinstance(failed[0], accounts.WrongCredentials | accounts.HashingBusy)
