"""The account's own page, the sessions on it, and those that a player submits there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scores import ledger
from scores.models import Client, Player
from tests.faults.inside import stuck, valkey_away
from tests.ledger import make_ranks, recorded, session
from tests.rules import hold_above
from tests.visitor import ACCOUNT, Visitor

SUBMIT = "/account/submit/"
SESSIONS = "/account/sessions/"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _open(committed: None, settings: Any) -> None:
    settings.PLAYERS_MAY_SUBMIT = True
    make_ranks()


@pytest.fixture
def visitor(committed: None) -> Visitor:
    """Alice's, logged in."""
    return Visitor.logged_in()


def alice() -> Player:
    return Player.objects.get(username="alice")


def listed(response: Any) -> list[tuple[str, str]]:
    """Session (with its state) and score of each row of a list."""
    table = re.search(r"<tbody>(.*?)</tbody>", response.content.decode(), re.DOTALL)
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", table[1], re.DOTALL) if table else []
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [tuple(" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row) for row in cells]  # type: ignore[misc]


def test_the_account_tells_who_i_am_and_where_i_stand(visitor: Visitor, arena: Client, bob: Player) -> None:
    recorded(session(arena, alice(), 1_200), session(arena, bob, 5_000))

    page = visitor.read(ACCOUNT)

    assert "Logged in as alice" in page
    assert "Rank 2 of 2 players" in page
    assert "Score 1,200" in page
    assert f'href="/players/{alice().pk}/"' in visitor.get(ACCOUNT).content.decode()


def test_who_has_not_played_yet_is_told_what_comes(visitor: Visitor) -> None:
    page = visitor.read(ACCOUNT)

    assert "You are not on the board yet." in page
    assert "No sessions yet." in page


def test_without_ranks_the_place_comes_from_the_database(visitor: Visitor, arena: Client) -> None:
    recorded(session(arena, alice(), 70))

    with valkey_away():
        assert "Rank 1 of 1 player Score 70" in visitor.read(ACCOUNT)


def test_where_no_place_can_be_told_the_page_still_opens(visitor: Visitor) -> None:
    with valkey_away(), stuck("leaderboard"):
        assert "Your place cannot be read at the moment." in visitor.read(ACCOUNT)


def test_a_banned_player_reads_why_and_until_when(visitor: Visitor, arena: Client) -> None:
    recorded(session(arena, alice(), 70))
    until = datetime(2099, 12, 31, 18, 30, tzinfo=UTC)
    ledger.ban(user_id=alice().pk, by=None, reason="Two accounts <at> once.", until=until)

    page = visitor.read(ACCOUNT)

    assert "You are banned until 31 December 2099, 18:30 UTC" in page
    assert "Reason: Two accounts <at> once." in page
    assert "The board does not show you." in page


def test_a_ban_without_an_end_is_told_as_such(visitor: Visitor) -> None:
    ledger.ban(user_id=alice().pk, by=None, reason="Cheated.")

    assert "You are banned until a moderator decides otherwise" in visitor.read(ACCOUNT)


def test_the_sessions_come_newest_first_with_what_became_of_them(visitor: Visitor, arena: Client, bob: Player) -> None:
    hold_above(100)
    counted, held, voided, _ = recorded(
        session(arena, alice(), 10, played_at=NOON, outcome="win"),
        session(arena, alice(), 101, played_at=NOON + timedelta(minutes=1)),
        session(arena, alice(), 12, played_at=NOON + timedelta(minutes=2)),
        session(arena, bob, 99),
    )
    ledger.void_sessions(session_ids=[voided.session_id], by=None, reason="Played by another.")
    ledger.adjust(user_id=alice().pk, points=-3, by=bob.pk, reason="Counted twice.")

    rows = listed(visitor.get(ACCOUNT))

    assert {counted.status, held.status} == {"recorded", "held"}
    assert re.fullmatch(r"Adjustment by a moderator .* UTC Counted", rows[0][0])
    assert rows[0][1] == "-3"
    assert rows[1:] == [
        ("survival 21 Nov 2026, 12:02 UTC Voided: does not count", "12"),
        ("survival 21 Nov 2026, 12:01 UTC Held: waits for a moderator", "101"),
        ("survival , win 21 Nov 2026, 12:00 UTC Counted", "10"),
    ]


def test_older_sessions_follow_page_by_page(visitor: Visitor, arena: Client) -> None:
    recorded(*(session(arena, alice(), score, played_at=NOON) for score in range(120)))

    seen: list[str] = []
    path: str | None = ACCOUNT
    pages = 0
    while path is not None:
        response = visitor.get(path)
        seen += [score for _, score in listed(response)]
        older = re.search(r'href="(/account/sessions/\?before=\d+)"', response.content.decode())
        path = older[1] if older else None
        pages += 1

    assert seen == [str(score) for score in reversed(range(120))]
    assert pages == 3


def test_another_players_sessions_cannot_be_reached(visitor: Visitor, arena: Client, bob: Player) -> None:
    (theirs, own) = recorded(session(arena, bob, 99), session(arena, alice(), 10))

    assert listed(visitor.get(f"{SESSIONS}?before={own.session_id}")) == []
    assert visitor.get(f"{SESSIONS}?before={theirs.session_id}").status_code == 404


@pytest.mark.parametrize("before", ["0", "-1", "x", "9" * 19, "1" * 5000, "%00", "١"])
def test_a_session_that_cannot_be_is_not_found(visitor: Visitor, before: str) -> None:
    assert visitor.get(f"{SESSIONS}?before={before}").status_code == 404
