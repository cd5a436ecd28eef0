"""Staying logged in: access tokens that expire soon, refresh tokens that are good once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.contrib.sessions.models import Session

from scores import accounts, worker
from scores.accounts import access_tokens, bearers, families, signing_keys
from scores.accounts.access_tokens import Claims
from scores.accounts.errors import InvalidToken
from scores.accounts.families import TokenPair
from scores.models import Player, RefreshFamily
from tests.accounts import HERE, OTHER_PASSWORD, account, at_once

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def pair(committed: None) -> TokenPair:
    """Alice's, fresh."""
    return families.begin(account())


class Clock:
    """Time as the answers that are believed for a moment see it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr("scores.recent_answers.time.monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def forged(pair: TokenPair, *, key: bytes | str | None = None, algorithm: str = "HS256", **changes: Any) -> str:
    """Alice's access token with other claims; `typ` and `kid` change the header, None leaves out."""
    payload = jwt.decode(pair.access_token, options={"verify_signature": False})
    header = jwt.get_unverified_header(pair.access_token)
    for name, value in changes.items():
        place = header if name in {"typ", "kid"} else payload
        place[name] = value
    payload = {name: value for name, value in payload.items() if value is not None}
    secret = signing_keys.signing()[1] if key is None else key
    return jwt.encode(payload, secret, algorithm=algorithm, headers={"typ": header["typ"], "kid": header["kid"]})


def is_good(token: str) -> bool:
    try:
        return bearers.verify(token) is not None
    except InvalidToken:
        return False


def test_an_access_token_names_the_player_and_little_else(pair: TokenPair) -> None:
    header = jwt.get_unverified_header(pair.access_token)
    payload = jwt.decode(pair.access_token, options={"verify_signature": False})

    assert (header["alg"], header["typ"], len(header["kid"])) == ("HS256", "at+jwt", 8)
    assert payload.keys() == {"iss", "aud", "sub", "fam", "iat", "exp"}
    assert payload["sub"] == str(pair.player.pk)
    assert payload["exp"] - payload["iat"] == pair.access_token_s == 600
    assert bearers.verify(pair.access_token).player == pair.player


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1_000_000_000},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 9_000_000_000},
        {"iat": None},
        {"aud": "another"},
        {"aud": ["rankcast:api", "another"]},
        {"aud": None},
        {"iss": "another"},
        {"iss": None},
        {"typ": "JWT"},
        {"typ": None},
        {"kid": "unknown"},
        {"kid": "../../dev/null"},
        {"sub": None},
        {"sub": "2"},
        {"sub": "1 OR 1=1"},
        {"sub": 1},
        {"fam": None},
        {"fam": "abc"},
        {"fam": 7},
        {"fam": {}},
        {"fam": str(uuid4())},
        {"key": b"x" * 32},
        {"key": b"x" * 64, "algorithm": "HS512"},
    ],
)
def test_a_token_with_anything_else_in_it_is_none(pair: TokenPair, changes: dict[str, Any]) -> None:
    assert is_good(forged(pair))

    assert not is_good(forged(pair, **changes))


def test_a_token_without_a_signature_is_none(pair: TokenPair) -> None:
    unsigned = forged(pair, key="", algorithm="none")

    assert not is_good(unsigned)
    assert not is_good(unsigned + pair.access_token.rpartition(".")[2])
    assert not is_good(pair.access_token.rpartition(".")[0] + ".")


def test_our_own_key_with_another_algorithm_is_no_signature(pair: TokenPair) -> None:
    secret = signing_keys.signing()[1]

    assert not is_good(forged(pair, key=secret * 2, algorithm="HS512"))
    assert not is_good(forged(pair, key=secret * 2, algorithm="HS384"))


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.é.é", "x" * 100_000, "\x00", "rr_a_b", "null"])
def test_what_is_no_token_is_refused(token: str) -> None:
    assert not is_good(token)


def test_a_token_changed_anywhere_is_none(pair: TokenPair) -> None:
    token = pair.access_token

    for place in range(0, len(token) - 1, 7):  # not the last: its low bits mean nothing in base64
        other = "A" if token[place] != "A" else "B"
        assert not is_good(token[:place] + other + token[place + 1 :]), place


def test_an_access_token_is_good_for_ten_minutes(pair: TokenPair, settings: Any) -> None:
    settings.ACCOUNTS = {"access_token_s": -60}
    expired = access_tokens.issue(Claims(pair.player.pk, bearers.verify(pair.access_token).family_id))

    assert is_good(pair.access_token)
    assert not is_good(expired)


def test_keys_are_changed_with_an_overlap(pair: TokenPair, settings: Any) -> None:
    settings.JWT_KEYS = {"old": "o" * 32}
    old = families.refresh(pair.refresh_token, address=HERE)

    settings.JWT_KEYS = {"new": "n" * 32, "old": "o" * 32}
    new = families.refresh(old.refresh_token, address=HERE)
    assert jwt.get_unverified_header(new.access_token)["kid"] == "new"
    assert is_good(old.access_token)
    assert is_good(new.access_token)

    settings.JWT_KEYS = {"new": "n" * 32}
    assert not is_good(old.access_token)
    assert is_good(new.access_token)


def test_a_key_id_chooses_among_our_keys_and_no_token_is_good_under_another(pair: TokenPair, settings: Any) -> None:
    settings.JWT_KEYS = {"one": "1" * 32, "two": "2" * 32}

    assert is_good(forged(pair, kid="two", key=b"2" * 32))
    assert not is_good(forged(pair, kid="two", key=b"1" * 32))


def test_tokens_outlive_a_change_of_the_secret_key_where_the_old_one_is_kept(pair: TokenPair, settings: Any) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another secret key " * 3
    assert is_good(pair.access_token)

    settings.SECRET_KEY_FALLBACKS = []
    assert not is_good(pair.access_token)


def test_a_refresh_token_is_stored_as_its_digest_only(pair: TokenPair) -> None:
    row = str(RefreshFamily.objects.values().get())

    assert pair.refresh_token not in row
    assert pair.refresh_token.rpartition("_")[2] not in row
    assert len(pair.refresh_token) == 3 + 22 + 1 + 43


def test_each_refresh_gives_another_pair(pair: TokenPair) -> None:
    tokens = {pair.refresh_token}

    for _ in range(3):
        pair = families.refresh(pair.refresh_token, address=HERE)
        tokens.add(pair.refresh_token)
        assert is_good(pair.access_token)

    assert len(tokens) == 4
    assert RefreshFamily.objects.count() == 1


def test_a_token_that_was_used_before_ends_the_login(pair: TokenPair) -> None:
    second = families.refresh(pair.refresh_token, address=HERE)
    third = families.refresh(second.refresh_token, address=HERE)

    with pytest.raises(InvalidToken):
        families.refresh(pair.refresh_token, address=HERE)

    with pytest.raises(InvalidToken):
        families.refresh(third.refresh_token, address=HERE)
    assert not any(is_good(token) for token in (pair.access_token, second.access_token, third.access_token))


def test_another_login_of_the_player_goes_on_when_one_is_ended(pair: TokenPair) -> None:
    other = families.begin(pair.player)
    families.refresh(pair.refresh_token, address=HERE)

    with pytest.raises(InvalidToken):
        families.refresh(pair.refresh_token, address=HERE)

    assert is_good(other.access_token)
    assert families.refresh(other.refresh_token, address=HERE).player == pair.player


@pytest.mark.parametrize("attempt", range(3))
def test_of_many_refreshes_at_once_exactly_one_gets_a_pair(pair: TokenPair, attempt: int) -> None:
    outcomes = at_once(lambda: families.refresh(pair.refresh_token, address=HERE), times=4)

    assert sum(isinstance(outcome, TokenPair) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, InvalidToken) for outcome in outcomes) == 3


@pytest.mark.parametrize("token", ["", "rr_", f"rr_{'a' * 22}_{'a' * 43}", "x" * 100_000, "a\x00b", "é"])
def test_an_unknown_refresh_token_is_refused(pair: TokenPair, token: str) -> None:
    with pytest.raises(InvalidToken):
        families.refresh(token, address=HERE)

    assert is_good(pair.access_token)


def test_a_refresh_token_is_good_for_thirty_days_and_its_login_for_ninety(pair: TokenPair) -> None:
    now = datetime.now(UTC)
    assert timedelta(days=29, hours=23) < pair.refresh_expires_at - now <= timedelta(days=30)
    RefreshFamily.objects.update(created_at=now - timedelta(days=80))

    late = families.refresh(pair.refresh_token, address=HERE)
    assert timedelta(days=9, hours=23) < late.refresh_expires_at - now <= timedelta(days=10)

    RefreshFamily.objects.update(expires_at=now - timedelta(seconds=1))
    with pytest.raises(InvalidToken):
        families.refresh(late.refresh_token, address=HERE)


def test_logging_out_ends_the_login_here_at_once(pair: TokenPair) -> None:
    assert is_good(pair.access_token)

    families.end(pair.refresh_token)
    families.end(pair.refresh_token)
    families.end("rr_unknown")

    assert not is_good(pair.access_token)
    with pytest.raises(InvalidToken):
        families.refresh(pair.refresh_token, address=HERE)


def test_what_another_process_ends_is_over_within_a_second(pair: TokenPair, clock: Clock) -> None:
    assert is_good(pair.access_token)
    RefreshFamily.objects.update(revoked_at=datetime.now(UTC))

    clock.now += 1.0

    assert not is_good(pair.access_token)


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"password": "!"}, {"state": "erased", "is_active": False, "password": "!"}],
)
def test_whose_account_is_closed_elsewhere_is_out_within_a_second(
    pair: TokenPair, clock: Clock, change: dict[str, Any]
) -> None:
    assert is_good(pair.access_token)
    Player.objects.update(**change)

    clock.now += 1.0

    assert not is_good(pair.access_token)
    with pytest.raises(InvalidToken):
        families.refresh(pair.refresh_token, address=HERE)


def test_a_password_that_a_moderator_sets_ends_every_login(pair: TokenPair, clock: Clock) -> None:
    assert is_good(pair.access_token)
    alice = Player.objects.get()
    alice.set_password(OTHER_PASSWORD)
    alice.save()

    clock.now += 1.0

    assert not is_good(pair.access_token)


def test_a_bearer_costs_no_query_for_a_moment(pair: TokenPair, django_assert_num_queries: Any, clock: Clock) -> None:
    with django_assert_num_queries(1):
        for _ in range(20):
            bearers.verify(pair.access_token)


def test_only_the_newest_logins_of_a_player_are_kept(settings: Any) -> None:
    settings.ACCOUNTS = {"families_per_player": 3}
    alice, bob = account(), account("bob")
    bobs = families.begin(bob)

    pairs = [families.begin(alice) for _ in range(5)]

    assert [is_good(pair.access_token) for pair in pairs] == [False, False, True, True, True]
    assert is_good(bobs.access_token)


def test_the_worker_deletes_what_has_expired(pair: TokenPair) -> None:
    RefreshFamily.objects.update(expires_at=datetime.now(UTC) - timedelta(days=1))

    assert worker._keep_house()

    assert not RefreshFamily.objects.exists()


def test_logins_that_nothing_can_continue_are_deleted(pair: TokenPair) -> None:
    now = datetime.now(UTC)
    expired, revoked, just_revoked = (families.begin(pair.player) for _ in range(3))
    for old, change in [
        (expired, {"expires_at": now - timedelta(hours=1)}),
        (revoked, {"revoked_at": now - timedelta(hours=1)}),
        (just_revoked, {"revoked_at": now}),
    ]:
        RefreshFamily.objects.filter(handle=old.refresh_token[3:25]).update(**change)

    Session.objects.create(session_key="old", session_data="", expire_date=now - timedelta(hours=1))
    Session.objects.create(session_key="new", session_data="", expire_date=now + timedelta(hours=1))

    assert accounts.expire() == 2

    assert RefreshFamily.objects.count() == 2
    assert [found.session_key for found in Session.objects.all()] == ["new"]
    assert accounts.expire() == 0
