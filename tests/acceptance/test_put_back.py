"""A PostgreSQL whose files are put back as they once were: nothing about it looks new, and Valkey is ahead of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from leaderboard_project.embedded.home import settle
from leaderboard_project.embedded.pair import Pair
from tests.acceptance.by_hand import run, run_python

_BEFORE = """
from scores.ledger import SubmittedSession, record
from scores.models import Client, Player
from scores.ranking import reads
from scores.reconciler import reconcile

def play(username, score):
    arena, _ = Client.objects.get_or_create(name="arena")
    record([SubmittedSession(
        client_id=arena.id, username=username, may_create_player=True, score=score, game_mode="survival"
    )])
"""
_BEGIN = """
reconcile()
play("alice", 10)
play("bob", 20)
reconcile()
"""
_LOST = """
play("alice", 90)  # draws the revs that the next sessions will draw once more
play("dora", 50)  # has the id that the next new player will have
"""
_SEEN = "reconcile()"
_MORE = """
play("erin", 40)  # her name draws an older rev than the one whose id she has did
for _ in range(5):
    play("bob", 1)
"""
_COMPARE = """
import json
from scores import boards
from scores.models import Standing
reconcile()
page = reads.top(boards.GLOBAL)
ledger = Standing.objects.order_by("sort_key").values_list("user__username", "total_score")
print(json.dumps([page.source, [(row.username, row.total_score) for row in page.rows], list(ledger)]))
"""


@pytest.mark.parametrize("since", ["", _MORE], ids=["nothing since", "more was written than was lost"])
@pytest.mark.parametrize("seen", [_SEEN, ""], ids=["the worker had seen it", "the worker had not"])
def test_the_ranks_are_those_of_a_postgresql_that_was_put_back(data: Path, seen: str, since: str) -> None:
    pair = Pair(data, command="pytest")
    postgres = settle(data).directory / "postgres"
    kept = postgres.with_name("kept")
    with pair:
        run(pair, data, "migrate", "--verbosity", "0")
        run_python(pair, data, _BEFORE, _BEGIN)
    subprocess.run(["cp", "-a", postgres, kept], check=True)
    with pair:
        run_python(pair, data, _BEFORE, _LOST, seen)
    subprocess.run(["rm", "-r", postgres], check=True)
    subprocess.run(["mv", kept, postgres], check=True)

    with pair:
        source, shown, ledger = json.loads(run_python(pair, data, _BEFORE, since, _COMPARE))

    assert source == "ranks"
    assert shown == ledger
    assert dict(ledger)["alice"] == 10
