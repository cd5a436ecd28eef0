"""The connection to Valkey: every caller gets its own answers, whatever became of the connections meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.conf import settings

from scores.errors import ValkeyUnavailable
from scores.valkey import _ANSWER_TIMEOUT_S, Script, ScriptCall, Valkey

ECHO = Script("return ARGV[1]")


@pytest.fixture
def valkey() -> Valkey:
    """One of the test's own: its breaker concerns nobody else."""
    return Valkey(settings.REDIS_URL)


@pytest.fixture
def server() -> Iterator[redis.Redis]:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        yield client


def echo(valkey: Valkey, *texts: str) -> list[str]:
    return valkey.run([ScriptCall(ECHO, "key", [text]) for text in texts])


def eventually_answers(valkey: Valkey) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            return echo(valkey, "again") == ["again"]
        except ValkeyUnavailable:
            continue
    return False


def test_a_connection_that_was_hung_up_while_it_rested_is_replaced_unnoticed(
    valkey: Valkey, server: redis.Redis
) -> None:
    echo(valkey, "before")

    assert server.client_kill_filter(_type="normal", skipme=True) >= 1

    assert echo(valkey, "a", "b") == ["a", "b"]


def test_scripts_that_valkey_has_forgotten_are_told_again(valkey: Valkey, server: redis.Redis) -> None:
    echo(valkey, "before")

    server.script_flush()

    assert echo(valkey, "a", "b") == ["a", "b"]


def test_an_answer_that_came_too_late_is_nobodys(valkey: Valkey, server: redis.Redis) -> None:
    echo(valkey, "before")

    server.client_pause(5_000, all=True)
    try:
        with pytest.raises(ValkeyUnavailable):
            echo(valkey, "late")
        with pytest.raises(ValkeyUnavailable, match="a moment ago"):  # nobody waits a second time
            echo(valkey, "refused")
    finally:
        server.client_unpause()

    assert eventually_answers(valkey)
    assert echo(valkey, "a", "b") == ["a", "b"]


def test_nobody_waits_to_find_out_that_valkey_is_still_away(valkey: Valkey, server: redis.Redis) -> None:
    server.client_pause(5_000, all=True)
    try:
        with pytest.raises(ValkeyUnavailable):
            echo(valkey, "late")
        valkey._looking_at = 0  # as if it were time to look
        refused_at = time.monotonic()
        with pytest.raises(ValkeyUnavailable, match="a moment ago"):
            echo(valkey, "refused")
        # It looks aside, which takes as long as any answer may.
        assert time.monotonic() - refused_at < _ANSWER_TIMEOUT_S / 2
        assert valkey._looking.locked()
    finally:
        server.client_unpause()

    assert eventually_answers(valkey)


def test_a_machine_without_a_thread_to_spare_looks_again_later(
    valkey: Valkey, server: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none_left(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    valkey._broken = True
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", none_left)
        with pytest.raises(ValkeyUnavailable, match="a moment ago"):
            echo(valkey, "refused")

    assert eventually_answers(valkey)


def test_a_refused_command_leaves_every_other_answer_in_its_place(valkey: Valkey) -> None:
    with pytest.raises(ValkeyUnavailable, match="WRONGTYPE"):
        valkey.commands([("SET", "text", "x"), ("HGET", "text", "field"), ("ECHO", "y")])

    assert valkey.commands([("ECHO", "a"), ("DEL", "text"), ("ECHO", "b")]) == ["a", 1, "b"]


def test_threads_get_their_own_answers(valkey: Valkey) -> None:
    def ask(thread: int) -> bool:
        return all(echo(valkey, f"{thread}-{number}") == [f"{thread}-{number}"] for number in range(200))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(8)))
