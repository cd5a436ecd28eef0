"""A snapshot while sessions are submitted: one state, in which the sessions add up to the standings."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection

from scores.archive import erasures, restore, snapshot
from scores.models import Client, GameSession, Player, Standing
from tests.archive.conftest import empty_system
from tests.ledger import recorded, session


@contextmanager
def playing(arena: Client, alice: Player, bob: Player) -> Iterator[threading.Semaphore]:
    """Two threads submit; gives what counts their batches."""
    stop, submitted = threading.Event(), threading.Semaphore(0)

    def play() -> None:
        while not stop.is_set():
            recorded(session(arena, alice, 3), session(arena, bob, 5))
            submitted.release()
        connection.close()

    players = [threading.Thread(target=play) for _ in range(2)]
    for player in players:
        player.start()
    try:
        yield submitted
    finally:
        stop.set()
        for player in players:
            player.join()


def test_what_is_submitted_meanwhile_is_in_it_whole_or_not_at_all(
    arena: Client, alice: Player, bob: Player, tmp_path: Path
) -> None:
    taken = []
    with playing(arena, alice, bob) as submitted:
        for number in range(5):
            assert all(submitted.acquire(timeout=30) for _ in range(5))  # some are in it, and some are not
            taken.append(snapshot(tmp_path / f"{number}.tar"))
    erasures.write_down(tmp_path)

    for written in taken:
        empty_system()
        restore(written.path)
        sums: Counter[int] = Counter()
        for user_id, score in GameSession.objects.values_list("user_id", "score"):
            sums[user_id] += score
        assert dict(Standing.objects.values_list("user_id", "total_score")) == dict(sums)
        assert sums[alice.id] * 5 == sums[bob.id] * 3 > 0
