"""Reads that share a round trip: the same answers as alone, and never waiting for PostgreSQL."""

from __future__ import annotations

import pytest

from scores import boards
from scores.models import Client, Player
from scores.ranking import RanksUnavailable, UnknownBoard, gathered, keys, reads
from scores.valkey import valkey
from tests.faults.inside import valkey_away
from tests.ledger import make_ranks, recorded, session

PATIENCE_S = 10


@pytest.fixture(autouse=True)
def players(arena: Client) -> list[Player]:
    """Thirty players, two of each total."""
    players = [Player.objects.create(username=f"player-{number}") for number in range(30)]
    recorded(*(session(arena, player, 10 * (number // 2)) for number, player in enumerate(players)))
    make_ranks()
    return players


def test_many_questions_at_once_are_answered_as_each_would_be_alone(players: list[Player]) -> None:
    pages = {
        ("top", offset, limit): gathered.top(boards.GLOBAL, offset=offset, limit=limit)
        for offset in (0, 1, 29, 40)
        for limit in (1, 10, 100)
    } | {
        ("around", player.id, limit): gathered.around(boards.GLOBAL, player.id, limit=limit)
        for player in players
        for limit in (1, 5, 100)
    }

    for (kind, what, limit), asked in pages.items():
        page = asked.result(PATIENCE_S)
        if kind == "top":
            alone = reads.top(boards.GLOBAL, offset=what, limit=limit)
        else:
            alone = reads.around(boards.GLOBAL, what, limit=limit)
        assert page.rows == alone.rows
        assert (page.epoch, page.seq, page.players) == (alone.epoch, alone.seq, 30)


def test_a_player_whom_the_board_does_not_show_has_no_row(alice: Player) -> None:
    assert gathered.rank(boards.GLOBAL, alice.id).result(PATIENCE_S).rows == ()


def test_one_wrong_question_spoils_no_other(players: list[Player]) -> None:
    wrong = gathered.top("no-such-board")
    right = gathered.rank(boards.GLOBAL, players[-1].id)

    with pytest.raises(UnknownBoard):
        wrong.result(PATIENCE_S)
    assert right.result(PATIENCE_S).rows[0].rank == 1


def test_without_ranks_or_a_name_the_question_is_left_to_others(players: list[Player]) -> None:
    bucket, field = divmod(players[0].id, keys.BUCKET)
    valkey().commands([("HDEL", keys.names(bucket), field)])
    nameless = gathered.rank(boards.GLOBAL, players[0].id)
    with pytest.raises(RanksUnavailable, match="name"):
        nameless.result(PATIENCE_S)
    assert gathered.rank(boards.GLOBAL, players[1].id).result(PATIENCE_S).rows[0].username == "player-1"

    valkey().commands([("FLUSHALL",)])
    with pytest.raises(RanksUnavailable):
        gathered.top(boards.GLOBAL).result(PATIENCE_S)


def test_without_valkey_every_question_is_refused_at_once() -> None:
    with valkey_away():
        asked = [gathered.top(boards.GLOBAL, limit=limit) for limit in range(1, 50)]
        for page in asked:
            with pytest.raises(RanksUnavailable):
                page.result(PATIENCE_S)
