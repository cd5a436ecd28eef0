"""The full comparison finds whatever differs, wherever it lies, and nothing where nothing does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from scores import boards, failpoints, ledger
from scores.ledger.statements import sql_text
from scores.models import Board, Client, Player, Suspicion, Window
from scores.ranking import keys
from scores.reconciler import reconcile
from scores.valkey import Valkey, valkey
from scores.verification import Report, compare
from tests.conftest import _empty
from tests.faults.inside import somebody_else
from tests.ledger import make_ranks, recorded, session
from tests.rules import hold_above

STAFF_REASON = "said so"


def compared(pause: Callable[[], None] = lambda: None) -> Report:
    """The comparison, whose pauses last no time."""
    return compare(pause=pause)


def generation() -> str:
    [[found]] = valkey().commands([("HMGET", keys.meta(window()), "generation")])
    return str(found)


def window() -> boards.WindowRef:
    return boards.current(boards.GLOBAL)


def ranks() -> str:
    return keys.ranks(window(), generation())


def revs(player: Player) -> str:
    return keys.revs(window(), generation(), player.id // keys.BUCKET)


def field(player: Player) -> str:
    return str(player.id % keys.BUCKET)


def tamper(statement: str) -> None:
    """Hands in the tables, past every trigger."""
    table = statement.split()[2 if statement.startswith("DELETE") else 1]
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.fixture
def moderator(committed: None) -> Player:
    return Player.objects.create(username="maria", is_staff=True)


@pytest.fixture
def history(arena: Client, alice: Player, bob: Player, charlie: Player, moderator: Player) -> None:
    """Everything that makes a standing, and unmakes it."""
    make_ranks()
    hold_above(900)
    recorded(
        session(arena, alice, 10, outcome="win", idempotency_key="a"),
        session(arena, bob, 0),
        session(arena, charlie, 30, outcome="loss"),
        session(arena, "dora", 950, may_create_player=True),
        session(arena, "emil", 950, may_create_player=True),
        session(arena, "fred", 5, may_create_player=True),
    )
    [second] = recorded(session(arena, alice, 7, idempotency_key="b"))
    recorded(session(arena, alice, 7, idempotency_key="b"))
    ledger.void_sessions(session_ids=[second.session_id], by=moderator.id, reason=STAFF_REASON)
    ledger.adjust(user_id=bob.id, points=12, by=moderator.id, reason=STAFF_REASON)
    ledger.ban(user_id=charlie.id, by=moderator.id, reason=STAFF_REASON)
    recorded(session(arena, charlie, 4))
    [passed, _] = Suspicion.objects.order_by("id").values_list("id", flat=True)
    ledger.decide(suspicion_ids=[passed], verdict=Suspicion.Verdict.PASSED, by=moderator.id, reason=STAFF_REASON)
    fred = Player.objects.get(username="fred")
    ledger.erase(user_id=fred.id, by=moderator.id, reason=STAFF_REASON)
    ledger.rename(user_id=alice.id, username="alicia", by=moderator.id, reason=STAFF_REASON)
    reconcile()


@pytest.fixture
def cast(alice: Player, bob: Player, charlie: Player) -> dict[str, int]:
    """Their ids."""
    return {"alice": alice.id, "bob": bob.id, "charlie": charlie.id}


@pytest.mark.usefixtures("history")
def test_after_everything_that_can_happen_nothing_differs() -> None:
    report = compared()

    assert (report.differences, report.examples) == (0, [])
    assert {tally.what: tally.compared for tally in report.tallies} == {
        "sessions": 9,
        "idempotency keys": 2,
        "suspicions": 2,
        "standings from sessions": 5,
        "standings by themselves": 5,
        "ranks of global:all": 5,
        "names": 7,
    }


def test_an_installation_that_nobody_has_played_on_has_no_differences(committed: None) -> None:
    assert compared().differences == 0


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("statement", "what", "words"),
    [
        ("UPDATE leaderboard SET total_score = total_score + 1, sort_key = sort_key - 1 WHERE user_id = {alice}",
         "standings from sessions", "total_score is 11, the sessions make 10"),
        ("UPDATE leaderboard SET games = 9 WHERE user_id = {bob}",
         "standings from sessions", "games is 9, the sessions make 1"),
        ("UPDATE leaderboard SET wins = 3 WHERE user_id = {alice}",
         "standings from sessions", "wins is 3, the sessions make 1"),
        ("UPDATE leaderboard SET reached_at = '2020-01-01' WHERE user_id = {alice}",
         "standings from sessions", "reached_at is 2020-01-01"),
        ("UPDATE game_sessions SET score = 11 WHERE user_id = {alice} AND score = 10",
         "standings from sessions", "total_score is 10, the sessions make 11"),
        ("DELETE FROM leaderboard WHERE user_id = {alice}",
         "standings from sessions", "there are sessions that count, but no standing"),
        ("UPDATE game_sessions SET user_id = {bob} WHERE user_id = {alice}",
         "standings from sessions", "there is a standing, but no session"),
        ("UPDATE leaderboard SET sort_key = -1 WHERE user_id = {alice}",
         "standings by themselves", "sort_key is -1 at a total_score of 10"),
        ("UPDATE leaderboard SET hidden = true WHERE user_id = {alice}",
         "standings by themselves", "hidden, though the player is active"),
        ("UPDATE leaderboard SET hidden = false WHERE user_id = {charlie}",
         "standings by themselves", "shown, though the player is banned"),
        ("UPDATE game_sessions SET user_id = 999 WHERE user_id = {alice} AND voided_at IS NOT NULL",
         "sessions", "there is no user with id 999"),
        ("UPDATE game_sessions SET client_id = 999 WHERE user_id = {charlie}",
         "sessions", "there is no client with id 999"),
        ("UPDATE idempotency_keys SET session_id = 999 WHERE key = 'a'",
         "idempotency keys", "Idempotency key 'a' of client"),
        ("UPDATE idempotency_keys SET client_id = 999 WHERE key = 'a'",
         "idempotency keys", "there is no such client"),
        ("UPDATE idempotency_keys SET session_id = (SELECT session_id FROM idempotency_keys WHERE key = 'a')",
         "idempotency keys", "another key stands for the same session"),
        ("UPDATE suspicions SET session_id = 999 WHERE verdict = 'open'",
         "suspicions", "there is no such session"),
        ("UPDATE game_sessions SET held_at = NULL WHERE held_at IS NOT NULL",
         "suspicions", "it is open and holds the session, which is not held"),
    ],
)  # fmt: skip
def test_hands_in_the_tables_are_found(statement: str, what: str, words: str, cast: dict[str, int]) -> None:
    tamper(statement.format(**cast))

    report = compared()

    [tally] = [tally for tally in report.tallies if tally.what == what]
    assert tally.differences >= 1
    assert any(words in sentence for sentence in tally.examples), report.examples


@pytest.mark.usefixtures("history")
def test_hands_in_the_ranks_are_found(alice: Player, bob: Player, charlie: Player) -> None:
    valkey().commands(
        [
            ("ZADD", ranks(), -99, keys.member(alice.id)),
            ("ZREM", ranks(), keys.member(bob.id)),
            ("ZADD", ranks(), -30, keys.member(charlie.id)),
            ("ZADD", ranks(), -5, keys.member(5000)),
            ("ZADD", ranks(), -5, "nobody"),
            ("HSET", keys.revs(window(), generation(), 70), "5", "1"),
        ]
    )

    report = compared()

    assert sorted(report.examples) == [
        "ranks of global:all, member 'nobody': Valkey has it, PostgreSQL has nothing like it.",
        f"ranks of global:all, player {alice.id}: Valkey has them at 99 points, PostgreSQL at 10 points.",
        f"ranks of global:all, player {bob.id}: Valkey has them on no place, PostgreSQL at 12 points.",
        f"ranks of global:all, player {charlie.id}: Valkey has them at 30 points, PostgreSQL on no place.",
        "ranks of global:all, player 5000: Valkey has a row at 5 points, PostgreSQL has nothing like it.",
        "ranks of global:all, player 8965: Valkey has '1', PostgreSQL has nothing like it.",
    ]


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("rev", "words"),
    [(None, "no rev"), ("1", "rev 1,"), (str(9 * 10**15), f"rev {9 * 10**15}, which it never gave"), ("x", "rev x")],
)
def test_revs_of_another_moment_are_found(rev: str | None, words: str, alice: Player) -> None:
    valkey().commands([("HSET", revs(alice), field(alice), rev) if rev else ("HDEL", revs(alice), field(alice))])

    [sentence] = compared().examples

    assert sentence.startswith(f"ranks of global:all, player {alice.id}: Valkey has {words}")


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("name", ["999999:alice", "1:alice", "alice"])
def test_names_that_differ_are_found(name: str, alice: Player) -> None:
    valkey().commands([("HSET", keys.names(0), field(alice), name)])

    [sentence] = compared().examples

    assert sentence.startswith(f"names, player {alice.id}: ")


@pytest.mark.usefixtures("history")
def test_a_name_that_valkey_lacks_is_no_difference_and_one_of_nobody_is(alice: Player) -> None:
    valkey().commands([("HDEL", keys.names(0), field(alice))])
    assert compared().differences == 0

    valkey().commands([("HSET", keys.names(40), "3", "5:zoe")])
    assert compared().examples == ["names, player 5123: Valkey has '5:zoe', PostgreSQL has nothing like it."]


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("which", ["meta", "ranks", "revs", "names"])
def test_keys_of_another_type_are_found(which: str, alice: Player) -> None:
    key = {"meta": keys.meta(window()), "ranks": ranks(), "revs": revs(alice), "names": keys.names(0)}[which]
    valkey().commands([("DEL", key), ("SET", key, "foreign")])

    report = compared()

    assert report.differences == 1
    assert "a key of another type stands in their place" in report.examples[0]


@pytest.mark.usefixtures("history")
def test_ranks_that_are_missing_are_one_difference() -> None:
    valkey().commands([("FLUSHALL",)])

    assert compared().examples == [
        "ranks of global:all: there are none in Valkey; a worker makes them, where one runs."
    ]


@pytest.fixture
def without_the_write_after_commit() -> Iterator[None]:
    failpoints.arm("write_after_commit=skip")
    yield
    failpoints.arm("")


@pytest.mark.usefixtures("without_the_write_after_commit")
def test_what_is_on_its_way_is_no_difference(arena: Client, alice: Player, bob: Player) -> None:
    make_ranks()
    recorded(session(arena, alice, 10), session(arena, bob, 10))

    def play_on_and_reconcile() -> None:
        reconcile()
        recorded(session(arena, alice, 1))  # always behind, and always on its way

    assert compared(play_on_and_reconcile).differences == 0
    assert compared().differences == 1


def test_a_million_wrong_rows_need_no_memory(
    arena: Client, alice: Player, bob: Player, charlie: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scores.verification.comparing._MOST", 2)
    make_ranks()
    recorded(*(session(arena, player, 10) for player in (alice, bob, charlie)))
    valkey().commands([("DEL", ranks())])

    assert compared().differences == 3


def test_sessions_that_are_stored_in_another_order_than_they_began_make_the_standing_of_their_fold(
    arena: Client, alice: Player
) -> None:
    with somebody_else() as slow:
        slow.execute("SELECT now()")
        recorded(session(arena, alice, 10))
        columns = {"user_ids": [alice.id], "scores": [5], "outcomes": ["win"], "timestamps": [timezone.now()]}
        more = {"ids": [10_000], "game_modes": ["survival"], "client_ids": [arena.id], "held": [False]}
        slow.execute(sql_text("insert_sessions"), columns | more)
        slow.execute(sql_text("upsert_standings"), columns | {"hidden": [False]})
    make_ranks()

    assert compared().examples == []


@pytest.fixture
def weekly(committed: None) -> Iterator[Board]:
    """A board of a week, and of a week that is over for good."""
    board = Board.objects.create(slug="weekly", name="Weekly")
    now = timezone.now()
    week = timedelta(days=7)
    Window.objects.create(board=board, slug="now", starts=now - week, ends=now + week)
    Window.objects.create(board=board, slug="then", starts=now - 3 * week, ends=now - week, state=Window.State.FINAL)
    boards.forget()
    yield board
    _empty()
    Window.objects.filter(board=board).delete()
    board.delete()
    boards.forget()


def test_each_window_is_made_of_its_own_sessions(weekly: Board, arena: Client, alice: Player, bob: Player) -> None:
    reconcile()
    now = timezone.now()
    recorded(
        session(arena, alice, 10),
        session(arena, alice, 20, played_at=now - timedelta(days=8)),
        session(arena, bob, 5, played_at=now - timedelta(days=8)),
    )

    report = compared()

    assert report.examples == []
    ranked = {tally.what: tally.compared for tally in report.tallies if tally.what.startswith("ranks")}
    assert ranked == {"ranks of global:all": 2, "ranks of weekly:now": 1, "ranks of weekly:then": 0}

    tamper("UPDATE leaderboard SET games = 7 FROM board_windows WHERE id = window_id AND slug = 'now'")
    assert compared().examples == [f"Player {alice.id} on weekly:now: games is 7, the sessions make 1."]


def told(*arguments: str) -> tuple[str, int]:
    """What the command writes, and its exit code."""
    written = StringIO()
    code = 0
    try:
        call_command("verify", *arguments, stdout=written)
    except SystemExit as end:
        code = int(end.code or 0)
    return written.getvalue(), code


@pytest.mark.usefixtures("history")
def test_the_command_shows_a_table_and_ends_well_where_nothing_differs(capsys: pytest.CaptureFixture[str]) -> None:
    text, code = told()

    assert code == 0
    assert "No differences." in text
    assert text.splitlines()[0].split() == ["what", "compared", "differences"]
    assert "comparing names" in capsys.readouterr().err


@pytest.mark.usefixtures("history")
def test_the_command_tells_the_first_differences_and_fails(alice: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scores.verification.comparing._PAUSE_S", 0)
    valkey().commands([("ZREM", ranks(), keys.member(alice.id))])
    sentence = f"ranks of global:all, player {alice.id}: Valkey has them on no place, PostgreSQL at 10 points."

    text, code = told()
    assert (code, text.splitlines()[-2:]) == (1, ["The differences:", f"- {sentence}"])

    text, code = told("--json")
    document = json.loads(text)
    assert code == 1
    assert (document["differences"], document["first"]) == (1, [sentence])
    assert {"what": "ranks of global:all", "compared": 5, "differences": 1} in document["parts"]


@pytest.mark.usefixtures("history")
def test_the_command_says_when_a_store_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = Valkey("redis://127.0.0.1:1/0")
    monkeypatch.setattr("scores.ranking.inspecting.valkey", lambda: nobody)
    monkeypatch.setattr("scores.ranking.inspecting._PATIENCE_S", 0)

    with pytest.raises(CommandError, match="Valkey does not answer") as refused:
        call_command("verify", stdout=StringIO())
    assert refused.value.returncode == 2

    with somebody_else() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
    with pytest.raises(CommandError, match="PostgreSQL does not answer") as refused:
        call_command("verify", stdout=StringIO())
    assert refused.value.returncode == 2
    connection.close()
