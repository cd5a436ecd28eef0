"""How often something may be tried: exact, shared by all, and bounded in memory."""

from __future__ import annotations

import time
from typing import Any

import pytest

from scores import accounts
from scores.accounts import families, throttle, tickets
from scores.accounts.errors import HashingBusy, InvalidToken, Throttled, WrongCredentials
from scores.accounts.limits import Rate
from scores.errors import ValkeyUnavailable
from scores.valkey import valkey
from tests.accounts import ELSEWHERE, HERE, OTHER_PASSWORD, PASSWORD, account, at_once, nobody_counts

pytestmark = pytest.mark.usefixtures("committed")

SLOW = 0.001  # units a minute: nothing comes back while a test runs


def guess(username: str = "alice", *, address: str = HERE, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            accounts.login(username, OTHER_PASSWORD, address=address)


def keys() -> list[str]:
    return [key for found in valkey().keys_matching("accounts:*") for key in found]


def test_a_burst_may_be_taken_at_once_and_no_unit_more() -> None:
    rate = Rate(3, SLOW)

    for _ in range(3):
        throttle.take(rate, "test", "somebody")

    with pytest.raises(Throttled) as refused:
        throttle.take(rate, "test", "somebody")
    assert refused.value.retry_after_s == 60_000
    throttle.take(rate, "test", "somebody else")
    throttle.take(rate, "another test", "somebody")


def test_what_is_refused_costs_nothing() -> None:
    rate = Rate(3, SLOW)
    throttle.take(rate, "test", "somebody", units=2)

    for _ in range(5):
        with pytest.raises(Throttled):
            throttle.take(rate, "test", "somebody", units=2)

    throttle.take(rate, "test", "somebody", units=1)


def test_units_come_back_one_by_one() -> None:
    rate = Rate(2, 6000)  # one in 10 ms
    throttle.take(rate, "test", "somebody", units=2)
    taken, deadline = 0, time.monotonic() + 10

    while taken < 10 and time.monotonic() < deadline:
        try:
            throttle.take(rate, "test", "somebody")
            taken += 1
        except Throttled:
            continue

    assert taken == 10


def test_what_is_given_back_can_be_taken_again_and_no_more() -> None:
    rate = Rate(3, SLOW)
    throttle.take(rate, "test", "somebody", units=3)

    throttle.give_back(rate, "test", "somebody", units=2)
    throttle.take(rate, "test", "somebody", units=2)
    throttle.give_back(rate, "test", "somebody", units=1000)

    throttle.take(rate, "test", "somebody", units=3)
    with pytest.raises(Throttled):
        throttle.take(rate, "test", "somebody")


def test_of_many_at_once_exactly_the_burst_gets_through() -> None:
    outcomes = at_once(lambda: throttle.take(Rate(5, SLOW), "test", "somebody"), times=16)

    assert sum(outcome is None for outcome in outcomes) == 5
    assert sum(isinstance(outcome, Throttled) for outcome in outcomes) == 11


def test_every_key_goes_by_itself_and_tells_nobody_who_was_here() -> None:
    alice = account()
    guess()
    guess("nobody at all")
    guess("bad\x00name" * 1000)
    accounts.login("alice", PASSWORD, address="2001:db8::1")
    accounts.signup("dora", PASSWORD, address=HERE)
    accounts.change_password(alice, PASSWORD, OTHER_PASSWORD, address=HERE)
    tickets.issue(alice.pk)
    throttle.search(HERE)
    throttle.submit(alice.pk, 1)

    found = keys()

    assert len(found) > 10
    assert all(ttl > 0 for ttl in valkey().commands([("PTTL", key) for key in found]))
    text = " ".join(found)
    assert "alice" not in text
    assert "nobody" not in text
    assert "192.0.2" not in text
    assert max(map(len, found)) < 100


def test_a_rate_that_is_whole_again_keeps_no_key() -> None:
    throttle.take(Rate(3, SLOW), "test", "somebody", units=3)

    throttle.give_back(Rate(3, SLOW), "test", "somebody", units=3)

    assert keys() == []


def test_one_address_guesses_five_times_at_a_name_and_then_waits(settings: Any) -> None:
    settings.ACCOUNTS = {"login_by_name_and_address": Rate(25, SLOW)}
    account()
    guess(times=5)

    with pytest.raises(Throttled) as refused:
        accounts.login("alice", PASSWORD, address=HERE)

    assert refused.value.retry_after_s > 60
    for spelling in ("ALICE", " alice "):
        with pytest.raises(Throttled):
            accounts.login(spelling, PASSWORD, address=HERE)
    guess("bob")  # the address is not locked out, only from this name


def test_one_address_guesses_twenty_times_at_all_names_and_then_waits(settings: Any) -> None:
    settings.ACCOUNTS = {"login_by_address": Rate(100, SLOW)}
    for number in range(20):
        guess(f"player {number}")

    with pytest.raises(Throttled):
        accounts.login("somebody", PASSWORD, address=HERE)
    guess("player 1", address=ELSEWHERE)


def test_addresses_of_one_customer_count_as_one(settings: Any) -> None:
    settings.ACCOUNTS = {"login_by_name_and_address": Rate(25, SLOW)}
    account()
    for number in range(5):
        guess(address=f"2001:db8:0:1::{number}")

    with pytest.raises(Throttled):
        accounts.login("alice", PASSWORD, address="2001:db8:0:1:ffff::")
    guess(address="2001:db8:0:2::")


def test_strangers_who_guess_a_name_do_not_lock_its_owner_out_of_a_known_address(settings: Any) -> None:
    settings.ACCOUNTS = {"login_by_name": Rate(50, SLOW)}
    alice = account()
    accounts.login("alice", PASSWORD, address=HERE)
    for number in range(9):
        guess(address=f"203.0.113.{number}")

    with pytest.raises(Throttled):
        accounts.login("alice", PASSWORD, address="203.0.113.200")

    assert accounts.login("alice", PASSWORD, address=HERE) == alice
    assert accounts.login("Alice", PASSWORD, address=HERE) == alice


def test_whoever_is_stopped_by_their_address_spends_nothing_of_the_names(settings: Any) -> None:
    settings.ACCOUNTS = {"login_by_name": Rate(30, SLOW), "login_by_name_and_address": Rate(25, SLOW)}
    alice = account()
    guess(times=5)
    for _ in range(50):
        with pytest.raises(Throttled):
            accounts.login("alice", PASSWORD, address=HERE)

    assert accounts.login("alice", PASSWORD, address=ELSEWHERE) == alice


def test_right_logins_weigh_little() -> None:
    alice = account()

    for _ in range(20):
        assert accounts.login("alice", PASSWORD, address=HERE) == alice


def test_guesses_at_the_same_moment_count_each(settings: Any) -> None:
    settings.ACCOUNTS = {"login_by_name_and_address": Rate(25, SLOW)}
    account()

    outcomes = at_once(lambda: accounts.login("alice", OTHER_PASSWORD, address=HERE), times=16)

    assert sum(isinstance(outcome, WrongCredentials) for outcome in outcomes) <= 5
    assert all(isinstance(outcome, WrongCredentials | Throttled | HashingBusy) for outcome in outcomes)


def test_one_address_makes_a_few_accounts_and_then_waits(settings: Any) -> None:
    settings.ACCOUNTS = {"signup_by_address": Rate(2, SLOW)}
    accounts.signup("dora", PASSWORD, address=HERE)
    accounts.signup("emil", PASSWORD, address=HERE)

    with pytest.raises(Throttled):
        accounts.signup("fritz", PASSWORD, address=HERE)
    accounts.signup("fritz", PASSWORD, address=ELSEWHERE)


def test_the_old_password_is_not_guessed_from_an_open_session(settings: Any) -> None:
    settings.ACCOUNTS = {"password_by_player": Rate(5, SLOW)}
    alice = account()
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            accounts.change_password(alice, OTHER_PASSWORD, "another horse battery", address=HERE)

    with pytest.raises(Throttled):
        accounts.change_password(alice, PASSWORD, OTHER_PASSWORD, address=ELSEWHERE)


def test_without_valkey_nobody_signs_up_logs_in_or_changes_a_password() -> None:
    alice = account()

    with nobody_counts():
        with pytest.raises(ValkeyUnavailable):
            accounts.login("alice", PASSWORD, address=HERE)
        with pytest.raises(ValkeyUnavailable):
            accounts.signup("dora", PASSWORD, address=HERE)
        with pytest.raises(ValkeyUnavailable):
            accounts.change_password(alice, PASSWORD, OTHER_PASSWORD, address=HERE)
        with pytest.raises(ValkeyUnavailable):
            tickets.issue(alice.pk)


def test_without_valkey_players_stay_logged_in_search_and_submit() -> None:
    pair = families.begin(account())

    with nobody_counts():
        throttle.search(HERE)
        throttle.submit(1, 30)
        again = families.refresh(pair.refresh_token, address=HERE)
    with pytest.raises(InvalidToken):
        families.refresh(pair.refresh_token, address=HERE)

    assert again.refresh_token != pair.refresh_token
