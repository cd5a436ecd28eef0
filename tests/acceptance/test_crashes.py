"""A PostgreSQL that crashes forgets the numbers of transactions that left nothing; the ranks must not believe them."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

from leaderboard_project.embedded.pair import Pair
from tests.acceptance.by_hand import run, run_python
from tests.acceptance.processes import descendants

_BEFORE = """
import json
from django.db import connection, transaction
from scores.models import Client, Player, Standing
from scores.ledger import SubmittedSession, record
from scores.reconciler import reconcile
from scores.ranking.watermarks import stands
from scores import boards
reconcile()
client, alice = Client.objects.create(name="arena"), Player.objects.create(username="alice")
record([SubmittedSession(client_id=client.id, user_id=alice.id, score=5, game_mode="survival")])
for _ in range(100):  # batches that are rolled back: each takes a number, none leaves a trace on disk
    with transaction.atomic():
        Standing.objects.update(games=2)
        transaction.set_rollback(True)
reconcile()
(stand,) = stands(boards.live()).values()
print(json.dumps(stand.watermark.snapshot))
"""

_AFTER = """
import json
from django.db import connection
from scores.models import Standing
from scores.reconciler import reconcile
from scores.ranking import reads
Standing.objects.update(total_score=999, sort_key=-999)  # as a process that dies before it tells Valkey
rows = reconcile()
print(json.dumps([rows, reads.top("global").rows[0].total_score]))
"""


def test_a_change_after_a_crash_is_seen_though_its_number_was_given_out_before(data: Path) -> None:
    pair = Pair(data, command="pytest")
    pair.start()
    try:
        run(pair, data, "migrate", "--verbosity", "0")
        run_python(pair, data, _BEFORE)
        for pid, command in descendants(os.getpid()).items():
            if "postgres" in command.split()[0] and str(data) in command:
                os.kill(pid, signal.SIGKILL)
        while not pair.restart_dead():
            pass

        rows, shown = json.loads(run_python(pair, data, _AFTER))
    finally:
        pair.stop()

    assert (rows, shown) == (1, 999)
