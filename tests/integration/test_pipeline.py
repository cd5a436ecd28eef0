"""Many statements in one exchange: what comes back, and what a failure leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection

from scores.errors import LedgerUnavailable, NoAnswer
from scores.ledger import Receipt, pipeline
from scores.ledger.pipeline import Pipeline, Statement
from scores.ledger.settle import settle
from scores.models import Client, GameSession, Player, Standing
from tests.faults.inside import closed_gate, conninfo, somebody_else
from tests.ledger import recorded, session

ADD = Statement.of("SELECT %(one)s::int + %(other)s::int")
_LOSE_CONNECTION = """
CREATE FUNCTION lose_connection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_terminate_backend(pg_backend_pid());
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER lose_connection AFTER UPDATE ON leaderboard DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION lose_connection()
"""
DIVIDE = Statement.of("SELECT 1 / %(by)s::int")


def test_replies_come_in_the_order_of_their_statements_whichever_is_asked_first() -> None:
    with psycopg.connect(conninfo(), autocommit=True) as own:
        piped = Pipeline(own)
        first, second = piped.send(ADD, [b"1", b"2"]), piped.send(ADD, [b"3", b"4"])
        assert not first.has_come

        assert second.rows() == [(7,)]
        assert first.has_come
        assert first.rows() == [(3,)]
        assert piped.send(ADD, [b"5", b"6"]).rows() == [(11,)]
        piped.leave()

        assert own.execute("SELECT 1").fetchall() == [(1,)]


def test_after_an_error_nothing_behind_it_is_done_and_the_connection_serves_on() -> None:
    with psycopg.connect(conninfo(), autocommit=True) as own:
        piped = Pipeline(own)
        before, wrong, behind = piped.send(ADD, [b"1", b"2"]), piped.send(DIVIDE, [b"0"]), piped.send(ADD, [b"1", b"1"])

        with pytest.raises(psycopg.errors.DivisionByZero):
            behind.rows()

        assert before.rows() == [(3,)]
        assert not wrong.has_come
        assert not behind.has_come
        assert piped.send(DIVIDE, [b"1"]).rows() == [(1,)]
        piped.leave()
        assert own.execute("SELECT 1").fetchall() == [(1,)]


def test_a_statement_that_could_not_be_prepared_is_prepared_again() -> None:
    with psycopg.connect(conninfo(), autocommit=True) as own:
        late = Statement.of("SELECT count(*) FROM made_later")
        piped = Pipeline(own)
        with pytest.raises(psycopg.errors.UndefinedTable):
            piped.send(late).rows()
        piped.leave()

        own.execute("CREATE TEMP TABLE made_later ()")

        piped = Pipeline(own)
        assert piped.send(late).rows() == [(0,)]
        piped.leave()


def test_questions_and_answers_larger_than_every_buffer_pass_each_other() -> None:
    echo = Statement.of("SELECT repeat(%(text)s, 2)")
    with psycopg.connect(conninfo(), autocommit=True) as own:
        piped = Pipeline(own)
        replies = [piped.send(echo, [b"x" * 1_000_000]) for _ in range(8)]

        assert [len(reply.rows()[0][0]) for reply in replies] == [2_000_000] * 8
        piped.leave()


def test_who_leaves_with_answers_outstanding_leaves_no_connection_behind() -> None:
    with psycopg.connect(conninfo(), autocommit=True) as own:
        piped = Pipeline(own)
        piped.send(ADD, [b"1", b"2"])

        piped.leave()

        assert own.closed


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(
    arena: Client, alice: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_PATIENCE_S", 0.1)
    with closed_gate():
        [answer] = settle([session(arena, alice, 1)])
    monkeypatch.undo()

    assert "does not answer" in str(answer)
    assert not GameSession.objects.exists()
    [receipt] = recorded(session(arena, alice, 2))
    assert receipt.total_score == 2


def test_a_connection_that_is_lost_while_it_commits_leaves_the_outcome_unknown(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 1))
    with lost_at_commit():
        [answer] = settle([session(arena, alice, 2)])

    assert isinstance(answer, LedgerUnavailable)
    assert answer.outcome_unknown
    assert GameSession.objects.count() == 1
    (receipt,) = recorded(session(arena, alice, 3))
    assert receipt.total_score == 4


@contextmanager
def lost_at_commit() -> Iterator[None]:
    """Whoever commits a changed standing loses the connection then."""
    with somebody_else() as other:
        other.autocommit = True
        other.execute(_LOSE_CONNECTION)
        try:
            yield
        finally:
            other.execute("DROP FUNCTION lose_connection CASCADE")


def test_silence_is_no_lost_connection_that_would_be_tried_again() -> None:
    with psycopg.connect(conninfo(), autocommit=True) as own, pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "_PATIENCE_S", 0.1)
        piped = Pipeline(own)
        asleep = piped.send(Statement.of("SELECT pg_sleep(5)"))
        with pytest.raises(NoAnswer):
            asleep.rows()
        piped.leave()
        assert own.closed


def test_a_connection_that_has_forgotten_its_statements_is_replaced(arena: Client, alice: Player) -> None:
    recorded(session(arena, alice, 1))
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")  # as a pooler between us and PostgreSQL may do

    [answer] = settle([session(arena, alice, 2)])

    assert isinstance(answer, Receipt)
    assert answer.total_score == 3
    assert Standing.objects.get().games == 2
