"""Short ways to submit, for tests of the ledger and of what follows it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scores import boards
from scores.changes import Committed
from scores.ledger import Receipt, SubmittedSession, record
from scores.ledger.settle import Settled
from scores.models import Client, Player
from scores.pending import Pending
from scores.ranking.rebuilding import rebuild
from scores.signals import standings_committed


def session(client: Client, player: Player | str, score: int = 10, **more: Any) -> SubmittedSession:
    """A session of a player, or of the player with that username."""
    who = {"username": player} if isinstance(player, str) else {"user_id": player.id}
    return SubmittedSession(client_id=client.id, score=score, game_mode="survival", **who, **more)


def recorded(*sessions: SubmittedSession) -> list[Receipt]:
    """The receipts of sessions that must all be recorded, in one batch."""
    return only_receipts(record(sessions))


def receipts_of(*pending: Pending) -> list[Receipt]:
    """The receipts of submitted sessions that must all be recorded before long."""
    return [receipt for each in pending for receipt in only_receipts(each.wait(30))]


def only_receipts(settled: Sequence[Settled]) -> list[Receipt]:
    """The same, of which none may be anything else."""
    receipts = [each for each in settled if isinstance(each, Receipt)]
    assert len(receipts) == len(settled), settled
    return receipts


def make_ranks() -> None:
    """Ranks of the board `global`, as the worker makes them at its start."""
    rebuild(boards.current(boards.GLOBAL))


class Heard:
    """What `standings_committed` told, while it listens."""

    def __enter__(self) -> list[Committed]:
        self.committed: list[Committed] = []
        standings_committed.connect(self._hear)
        return self.committed

    def __exit__(self, *_: object) -> None:
        standings_committed.disconnect(self._hear)

    def _hear(self, *, committed: Committed, **_: object) -> None:
        self.committed.append(committed)
