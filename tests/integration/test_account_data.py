"""A copy of one's data, and the end of the account, by one's own hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from frontend.account.downloads import Download, TooManyDownloads
from scores import ledger, ranking
from scores.models import AuditEntry, Client, GameSession, Player
from tests.accounts import OTHER_PASSWORD, PASSWORD, account, all_hashing_busy
from tests.faults.inside import closed_gate
from tests.ledger import make_ranks, recorded, session
from tests.visitor import ACCOUNT, Visitor, words

DATA = "/account/data/"
DELETE = "/account/delete/"
DELETED = "/account/deleted/"


@pytest.fixture(autouse=True)
def _ranks(committed: None) -> None:
    make_ranks()


@pytest.fixture
def visitor(committed: None) -> Visitor:
    """Alice's, logged in."""
    return Visitor.logged_in()


def alice() -> Player:
    return Player.objects.get(username="alice")


def board() -> list[tuple[int, str]]:
    return [(row.rank, row.username) for row in ranking.top("global").rows]


def test_my_data_come_as_one_file_in_pieces(visitor: Visitor, arena: Client, bob: Player) -> None:
    recorded(*(session(arena, alice(), score) for score in range(3)), session(arena, bob, 99))

    response = visitor.send(DATA)

    assert response.streaming
    assert response["Content-Disposition"] == f'attachment; filename="rankcast-player-{alice().pk}.json"'
    assert response["Content-Type"] == "application/json"
    assert response["Cache-Control"] == "no-store"
    document: dict[str, Any] = json.loads(response.getvalue())
    assert document["player"]["username"] == "alice"
    assert [one["score"] for one in document["sessions"]] == [0, 1, 2]
    assert "bob" not in json.dumps(document)


def test_a_download_that_is_over_makes_room_whatever_became_of_it(visitor: Visitor) -> None:
    for _ in range(5):
        visitor.send(DATA).close()  # nobody reads it to its end

    assert json.loads(visitor.send(DATA).getvalue())["player"]["username"] == "alice"


def test_more_downloads_than_a_few_at_a_time_wait(visitor: Visitor) -> None:
    others = [Download([b"slow"]), Download([b"slow"])]
    try:
        with pytest.raises(TooManyDownloads):
            Download([])
        response = visitor.send(DATA)
    finally:
        for other in others:
            other.close()
            other.close()

    assert response.status_code == 429
    assert response["Retry-After"] == "10"
    assert "Others are downloading their data at the moment. Try again in 10 seconds." in words(response)
    assert visitor.send(DATA).streaming


def test_the_page_says_plainly_what_deleting_does(visitor: Visitor) -> None:
    page = visitor.read(DELETE)

    for sentence in ("nobody can undo it", "Your name disappears from every board", "Your sessions stay as numbers"):
        assert sentence in page


def test_a_deleted_account_is_gone_from_the_board_and_cannot_log_in(
    visitor: Visitor, arena: Client, bob: Player
) -> None:
    elsewhere = Visitor()
    elsewhere.log_in()
    recorded(session(arena, alice(), 100), session(arena, bob, 50))
    number = alice().pk

    response = visitor.send(DELETE, password=PASSWORD)

    assert (response.status_code, response["Location"]) == (302, DELETED)
    assert "Your account is deleted" in visitor.read(DELETED)
    assert not visitor.is_logged_in()
    assert not elsewhere.is_logged_in()
    assert "The name or the password is wrong." in words(Visitor().log_in())
    assert board() == [(1, "bob")]
    assert Player.objects.get(pk=number).state == Player.State.ERASED
    assert GameSession.objects.filter(user_id=number).count() == 1
    entry = AuditEntry.objects.get(action=AuditEntry.Action.ERASE)
    assert (entry.actor_id, entry.reason) == (number, "Asked for by the player.")


def test_the_name_of_a_deleted_account_is_free_again(visitor: Visitor) -> None:
    visitor.send(DELETE, password=PASSWORD)

    assert Visitor().send("/account/signup/", username="alice", password=PASSWORD).status_code == 302


@pytest.mark.parametrize(("password", "sentence"), [(OTHER_PASSWORD, "This is not your password."), ("", "Enter your")])
def test_nothing_is_deleted_without_the_password(visitor: Visitor, password: str, sentence: str) -> None:
    response = visitor.send(DELETE, password=password)

    assert sentence in words(response)
    assert alice().is_active
    assert visitor.is_logged_in()


def test_guessing_at_the_password_ends_soon(visitor: Visitor) -> None:
    responses = [visitor.send(DELETE, password=OTHER_PASSWORD) for _ in range(6)]

    assert [response.status_code for response in responses[-1:]] == [429]
    assert visitor.send(DELETE, password=PASSWORD).status_code == 429
    assert alice().is_active


def test_a_banned_player_may_delete_the_account_too(visitor: Visitor) -> None:
    ledger.ban(user_id=alice().pk, by=None, reason="Cheated.")

    assert visitor.send(DELETE, password=PASSWORD)["Location"] == DELETED


def test_staff_are_told_why_they_cannot_delete_themselves(committed: None) -> None:
    account("boss", is_staff=True)
    visitor = Visitor()
    visitor.log_in("boss")

    page = visitor.read(DELETE)
    token = visitor.form(DATA)
    response = visitor.browser.post(DELETE, token | {"password": PASSWORD})

    assert "Staff cannot delete themselves" in page
    assert "Staff cannot delete themselves" in words(response)
    assert Player.objects.get(username="boss").is_active


def test_what_cannot_be_done_now_is_not_done_and_told_so(visitor: Visitor) -> None:
    with closed_gate():
        late = visitor.send(DELETE, password=PASSWORD)
    with all_hashing_busy():
        busy = visitor.send(DELETE, password=PASSWORD)

    assert [late.status_code, busy.status_code] == [503, 429]
    assert "The server cannot do this right now." in words(late)
    assert alice().is_active
    assert visitor.get(ACCOUNT).status_code == 200
