"""Sessions that a player submits on the account's pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from scores import ledger
from scores.accounts.limits import Rate
from scores.ledger import MAXIMUM
from scores.models import Client, GameSession, Player
from tests.accounts import at_once
from tests.ledger import make_ranks, recorded, session
from tests.rules import hold_above
from tests.visitor import ACCOUNT, Visitor, hidden, words

SUBMIT = "/account/submit/"


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
        ({"outcome": "victory"}, "outcome", "Choose one of the outcomes, or none."),
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
    hold_above(100)

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
