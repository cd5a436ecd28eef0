"""The account's own page, the sessions on it, and those that a player submits there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from scores import boards, ledger, suspicion
from scores.accounts.limits import Rate
from scores.ledger import MAXIMUM
from scores.models import Board, Client, GameSession, Player, SuspicionRule
from tests.accounts import at_once
from tests.faults import stuck, valkey_away
from tests.ledger import make_ranks, recorded, session
from tests.visitor import ACCOUNT, Visitor, hidden, words

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


# --- The page ---------------------------------------------------------------------------------------


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
    _hold_above(100)
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


# --- Submitting -------------------------------------------------------------------------------------


def test_a_session_that_i_submit_counts_and_shows_its_receipt(visitor: Visitor, arena: Client, bob: Player) -> None:
    recorded(session(arena, bob, 5_000))

    response = visitor.send(SUBMIT, score="1200", game_mode="duel", outcome="win")

    assert (response.status_code, response["Location"]) == (302, ACCOUNT)
    page = visitor.read(ACCOUNT)
    assert "Submitted: 1,200 points in duel. Your total is 1,200, your rank 2." in page
    assert "Submitted:" not in visitor.read(ACCOUNT)
    stored = GameSession.objects.get(user=alice())
    assert (stored.score, stored.game_mode, stored.outcome) == (1200, "duel", "win")
    assert stored.client.user == alice()


def test_the_form_on_the_account_is_the_one_that_counts(visitor: Visitor) -> None:
    page = visitor.get(ACCOUNT)

    assert f'action="{SUBMIT}"' in page.content.decode()
    fields = hidden(page) | {"score": "5", "game_mode": "duel", "outcome": ""}
    assert visitor.browser.post(SUBMIT, fields).status_code == 302
    assert GameSession.objects.get().outcome is None


def test_a_form_that_is_sent_twice_counts_once(visitor: Visitor) -> None:
    fields = visitor.form(SUBMIT) | {"score": "50", "game_mode": "duel", "outcome": ""}
    visitor.browser.post(SUBMIT, fields)

    again = visitor.browser.post(SUBMIT, fields)

    assert again.status_code == 302
    assert "Submitted before, so it counts once: 50 points in duel. Your total is 50" in visitor.read(ACCOUNT)
    assert GameSession.objects.count() == 1


def test_a_double_click_counts_once(visitor: Visitor) -> None:
    fields = visitor.form(SUBMIT) | {"score": "50", "game_mode": "duel", "outcome": ""}

    answers = at_once(lambda: visitor.browser.post(SUBMIT, fields), times=4)

    assert [answer.status_code for answer in answers] == [302] * 4
    assert GameSession.objects.count() == 1


def test_each_form_is_another_session(visitor: Visitor) -> None:
    for _ in range(2):
        visitor.send(SUBMIT, score="50", game_mode="duel", outcome="")

    assert GameSession.objects.count() == 2


def test_who_goes_back_and_enters_another_score_is_asked_once_more(visitor: Visitor) -> None:
    fields = visitor.form(SUBMIT) | {"score": "50", "game_mode": "duel", "outcome": ""}
    visitor.browser.post(SUBMIT, fields)

    asked = visitor.browser.post(SUBMIT, fields | {"score": "60"})
    sent = visitor.browser.post(SUBMIT, fields | {"score": "60"} | hidden(asked))

    assert "This form was sent before, with another session." in words(asked)
    assert 'value="60"' in asked.content.decode()
    assert sent.status_code == 302
    assert sorted(GameSession.objects.values_list("score", flat=True)) == [50, 60]


@pytest.mark.parametrize(
    ("entered", "field", "sentence"),
    [
        ({"score": ""}, "score", "Enter the score."),
        ({"score": "1.5"}, "score", "A score is a whole number."),
        ({"score": "9" * 5000}, "score", "A score is a whole number."),
        ({"score": "-1"}, "score", f"A score is a whole number from 0 to {MAXIMUM:,}."),
        ({"score": str(MAXIMUM + 1)}, "score", f"A score is a whole number from 0 to {MAXIMUM:,}."),
        ({"game_mode": ""}, "game_mode", "Enter the game mode."),
        ({"game_mode": "x" * 51}, "game_mode", "A game mode has 1 to 50 printable characters."),
        ({"game_mode": "a\u202eb"}, "game_mode", "A game mode has 1 to 50 printable characters."),
        ({"outcome": "victory"}, "outcome", "Select a valid choice."),
    ],
)
def test_what_is_wrong_with_a_session_is_said_beside_the_field(
    visitor: Visitor, entered: dict[str, str], field: str, sentence: str
) -> None:
    response = visitor.send(SUBMIT, **{"score": "50", "game_mode": "duel", "outcome": ""} | entered)

    assert response.status_code == 200
    assert f'<p class="error" id="id_{field}_error">{sentence}' in response.content.decode()
    assert not GameSession.objects.exists()


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_a_form_without_a_good_key_is_not_recorded(visitor: Visitor, key: str) -> None:
    response = visitor.send(SUBMIT, score="50", game_mode="duel", outcome="", key=key)

    assert "Nothing was counted: send it once more." in words(response)
    assert hidden(response)["key"] not in {"", key}
    assert not GameSession.objects.exists()


def test_a_held_session_says_that_it_waits(visitor: Visitor) -> None:
    _hold_above(100)

    visitor.send(SUBMIT, score="101", game_mode="duel", outcome="")

    assert "A moderator looks at it before it counts." in visitor.read(ACCOUNT)


def test_a_banned_player_is_told_what_becomes_of_the_session(visitor: Visitor) -> None:
    ledger.ban(user_id=alice().pk, by=None, reason="Cheated.")

    visitor.send(SUBMIT, score="101", game_mode="duel", outcome="")

    assert "It is written down, and counts when your ban ends." in visitor.read(ACCOUNT)


def test_whoever_submits_more_than_anybody_plays_waits(visitor: Visitor, settings: Any) -> None:
    settings.ACCOUNTS = {"submit_by_player": Rate(1, 1)}
    visitor.send(SUBMIT, score="1", game_mode="duel", outcome="")

    response = visitor.send(SUBMIT, score="2", game_mode="duel", outcome="")

    assert response.status_code == 429
    assert int(response["Retry-After"]) >= 1
    assert 'value="2"' in response.content.decode()
    assert GameSession.objects.count() == 1


def test_a_total_beyond_all_numbers_is_refused_in_words(visitor: Visitor) -> None:
    visitor.send(SUBMIT, score=str(MAXIMUM), game_mode="duel", outcome="")

    response = visitor.send(SUBMIT, score="1", game_mode="duel", outcome="")

    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert GameSession.objects.count() == 1


def test_an_outage_keeps_the_key_so_that_sending_again_counts_once(visitor: Visitor) -> None:
    fields = visitor.form(SUBMIT) | {"score": "50", "game_mode": "duel", "outcome": ""}
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE game_sessions RENAME TO gone")
    try:
        response = visitor.browser.post(SUBMIT, fields)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE gone RENAME TO game_sessions")

    assert response.status_code == 503
    assert "Send it again: it counts once." in words(response)
    assert hidden(response)["key"] == fields["key"]


def test_where_players_may_not_submit_there_is_no_form(visitor: Visitor, settings: Any) -> None:
    fields = visitor.form(SUBMIT) | {"score": "50", "game_mode": "duel", "outcome": ""}
    settings.PLAYERS_MAY_SUBMIT = False

    response = visitor.browser.post(SUBMIT, fields)

    assert response.status_code == 403
    assert "Only games submit scores here" in words(response)
    assert SUBMIT not in visitor.get(ACCOUNT).content.decode()
    assert not GameSession.objects.exists()


def _hold_above(score: int) -> None:
    board = Board.objects.get(slug=boards.GLOBAL)
    SuspicionRule.objects.create(
        board=board, kind=SuspicionRule.Kind.SCORE, threshold=score, action=SuspicionRule.Action.HOLD
    )
    suspicion.forget()
