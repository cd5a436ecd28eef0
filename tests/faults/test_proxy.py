"""The fault proxy does what it is told, in front of the real servers."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.faults.proxy import BLACK_HOLE, LOST_COMMIT, REFUSE, Fault, Way, before_postgresql, before_valkey


@pytest.fixture
def postgresql() -> Iterator[Way]:
    with before_postgresql(os.environ["DATABASE_URL"]) as way:
        yield way


@pytest.fixture
def valkey() -> Iterator[Way]:
    with before_valkey(os.environ["REDIS_URL"]) as way:
        yield way


def _connected(way: Way) -> psycopg.Connection:
    return psycopg.connect(way.url, autocommit=True, connect_timeout=2)


def _client(way: Way) -> redis.Redis:
    return redis.Redis.from_url(way.url, socket_timeout=0.2, socket_connect_timeout=0.2, retry=Retry(NoBackoff(), 0))


def test_without_a_fault_both_servers_answer(postgresql: Way, valkey: Way) -> None:
    with _connected(postgresql) as connection, _client(valkey) as client:
        assert connection.execute("SELECT 1").fetchone() == (1,)
        assert client.ping()


def test_who_is_refused_is_connected_no_more_and_comes_back_after_it(postgresql: Way) -> None:
    with _connected(postgresql) as connection, postgresql.proxy.meeting(REFUSE):
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError, match="refused"):
            _connected(postgresql)

    _connected(postgresql).close()


def test_in_silence_an_open_connection_hears_nothing_and_then_what_was_held_back(valkey: Way) -> None:
    with _client(valkey) as client:
        client.delete("heard")
        with valkey.proxy.meeting(BLACK_HOLE), pytest.raises(redis.TimeoutError):
            client.incr("heard")

        deadline = time.monotonic() + 5
        while client.get("heard") != b"1":
            assert time.monotonic() < deadline
        client.delete("heard")


def test_in_silence_a_new_connection_is_taken_and_not_answered(postgresql: Way) -> None:
    with postgresql.proxy.meeting(BLACK_HOLE), pytest.raises(psycopg.OperationalError, match="timeout"):
        _connected(postgresql)


def test_a_slow_way_takes_its_time_each_way(valkey: Way) -> None:
    with _client(valkey) as client:
        client.ping()
        with valkey.proxy.meeting(Fault(delay_s=0.05)):
            began = time.monotonic()
            client.ping()

            assert time.monotonic() - began >= 0.1


def test_a_connection_is_cut_after_so_many_bytes_of_answers(valkey: Way) -> None:
    with _client(valkey) as client:
        client.ping()
        with valkey.proxy.meeting(Fault(cut_after_bytes=3)), pytest.raises(redis.ConnectionError):
            client.ping()

        assert valkey.proxy.met == 1
        assert client.ping()


def test_the_answer_of_one_commit_is_lost_and_what_it_committed_is_there(postgresql: Way) -> None:
    with _connected(postgresql) as connection:
        connection.execute("DROP TABLE IF EXISTS lost_commit")
        connection.execute("CREATE TABLE lost_commit (number int)")
        with postgresql.proxy.meeting(LOST_COMMIT):
            connection.execute("BEGIN; INSERT INTO lost_commit VALUES (1)")
            with pytest.raises(psycopg.OperationalError):
                connection.execute("COMMIT")

            with _connected(postgresql) as another:  # the fault was met once
                another.execute("BEGIN; INSERT INTO lost_commit VALUES (2)")
                another.execute("COMMIT")
                assert another.execute("SELECT number FROM lost_commit ORDER BY 1").fetchall() == [(1,), (2,)]
                another.execute("DROP TABLE lost_commit")
    assert postgresql.proxy.met == 1


def test_a_question_that_is_lost_was_never_asked(postgresql: Way) -> None:
    fault = Fault(lost_question=b"CREATE TABLE unasked")
    with (
        _connected(postgresql) as connection,
        postgresql.proxy.meeting(fault),
        pytest.raises(psycopg.OperationalError),
    ):
        connection.execute("CREATE TABLE unasked (number int)")

    with _connected(postgresql) as connection:
        assert connection.execute("SELECT to_regclass('unasked')").fetchone() == (None,)


def test_all_open_connections_are_cut_at_once_and_the_next_is_welcome(postgresql: Way) -> None:
    with _connected(postgresql) as one, _connected(postgresql) as other:
        postgresql.proxy.reset_all()

        for connection in (one, other):
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")
        _connected(postgresql).close()
