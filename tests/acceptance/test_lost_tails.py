"""A Valkey that loses its last writes in the middle of something, and builders that come to a halt there."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from leaderboard_project.embedded.home import settle
from leaderboard_project.embedded.pair import Pair
from tests.acceptance.by_hand import run, run_python, variables
from tests.acceptance.serving import MANAGE
from tests.halting import ended, wait_until_it_halts

#: More than go to Valkey at once, by the reconciler and by a rebuild.
_PLAYERS = 2_100
_META = "{global:all}:meta"

_PLAY = """
from scores import ledger
from scores.ledger import SubmittedSession, record
from scores.models import Client, Player
from scores.reconciler import reconcile

def play(*usernames, score):
    arena, _ = Client.objects.get_or_create(name="arena")
    record([SubmittedSession(
        client_id=arena.id, username=username, may_create_player=True, score=score, game_mode="survival"
    ) for username in usernames])
"""
_BEGIN = "reconcile(); play('alice', score=1); reconcile()"
_MANY = f"""
play(*(f"p{{number}}" for number in range(1_000)), score=2)
play(*(f"p{{number}}" for number in range(1_000, {_PLAYERS})), score=3)
ledger.rename(user_id=Player.objects.get(username="alice").id, username="alicia", by=None, reason="asked for it")
"""
_RECONCILE = "from scores.reconciler import reconcile; reconcile()"
_COMPARE = f"""
import json
from scores import boards
from scores.models import Standing
from scores.ranking import reads
reconcile()
page = reads.top(boards.GLOBAL, limit={_PLAYERS + 100})
ledger = Standing.objects.order_by("sort_key", "user_id").values_list("user__username", "total_score")
shown = [(row.username, row.total_score) for row in page.rows]
print(json.dumps([page.source, len(shown), shown == list(ledger)]))
"""


@pytest.fixture
def pair(data: Path) -> Iterator[Pair]:
    """Servers with the ranks of alice, and many players of whom Valkey has not heard."""
    with Pair(data, command="pytest", durable=False) as servers:
        run(servers, data, "migrate", "--verbosity", "0")
        run_python(servers, data, _PLAY, _BEGIN)
        run(servers, data, "shell", "--no-imports", "-c", _PLAY + _MANY, RANKCAST_FAILPOINTS="write_after_commit=skip")
        yield servers


@contextmanager
def halting(pair: Pair, data: Path, point: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A command that stands still wherever it reaches the failpoint."""
    with subprocess.Popen(
        [sys.executable, str(MANAGE), *arguments],
        env=variables(pair, data, RANKCAST_FAILPOINTS=f"{point}=stop"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def losing_its_tail(pair: Pair, data: Path) -> Iterator[None]:
    """Valkey is killed at the end, and comes back without what it was told within."""
    (log,) = (settle(data).directory / "valkey").glob("appendonlydir/*.incr.aof")
    size = log.stat().st_size
    yield
    _, valkey = pair.pids()
    os.kill(valkey, signal.SIGKILL)
    os.truncate(log, size)
    while pair.restart_dead() != ["Valkey"]:
        pass


def everybody_is_ranked_right(pair: Pair, data: Path) -> bool:
    source, shown, equal = json.loads(run_python(pair, data, _PLAY, _COMPARE))
    return (source, shown, equal) == ("ranks", _PLAYERS + 1, True)


def test_a_watermark_does_not_pass_rows_that_were_lost_in_the_middle_of_a_tick(pair: Pair, data: Path) -> None:
    with halting(pair, data, "reconcile_advance", "shell", "--no-imports", "-c", _RECONCILE) as worker:
        with losing_its_tail(pair, data):
            wait_until_it_halts(worker)
        code, *_ = ended(worker)

    assert code == 0
    assert everybody_is_ranked_right(pair, data)


def test_a_rebuild_whose_beginning_was_lost_does_not_switch(pair: Pair, data: Path) -> None:
    with halting(pair, data, "rebuild_chunk", "rebuild") as builder:
        wait_until_it_halts(builder)
        with losing_its_tail(pair, data):
            builder.send_signal(signal.SIGCONT)
            wait_until_it_halts(builder)  # before the second chunk: the first is in Valkey

        code, output, _ = ended(builder)

    assert (code, "lost a part" in output) == (1, True)
    assert everybody_is_ranked_right(pair, data)


def test_a_builder_that_slept_for_longer_than_its_lease_changes_nothing(pair: Pair, data: Path) -> None:
    with (
        redis.Redis.from_url(pair.addresses.redis_url, decode_responses=True) as valkey,
        halting(pair, data, "rebuild_switch", "rebuild") as builder,
    ):
        wait_until_it_halts(builder)
        valkey.hset(_META, "building_until", "0")
        run(pair, data, "rebuild")
        generation = valkey.hget(_META, "generation")

        code, *_ = ended(builder)

        assert code == 1
        assert valkey.hget(_META, "generation") == generation
    assert everybody_is_ranked_right(pair, data)


def test_a_rebuild_that_is_interrupted_leaves_the_ranks_as_they_were(pair: Pair, data: Path) -> None:
    with (
        redis.Redis.from_url(pair.addresses.redis_url, decode_responses=True) as valkey,
        halting(pair, data, "rebuild_chunk", "rebuild") as builder,
    ):
        before = valkey.hgetall(_META)
        wait_until_it_halts(builder)
        assert "building_generation" in valkey.hgetall(_META)
        builder.send_signal(signal.SIGINT)

        code, output, _ = ended(builder)

        assert (code, "Interrupted" in output, "Traceback" in output) == (130, True, False)
        assert valkey.hgetall(_META) == before
    assert re.search(r"global:all: 2,101 players in \d+\.\d s, epoch [0-9a-f]{8}$", run(pair, data, "rebuild").strip())
