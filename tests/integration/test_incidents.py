"""What delays the ranks is told once, not each second."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import structlog.testing
from structlog.typing import EventDict

from scores import incidents, lag
from scores.incidents import Incidents
from scores.models import Client, Player
from scores.reconciler import reconcile
from tests.faults.inside import somebody_else
from tests.ledger import make_ranks


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EventDict]]:
    """What the log was told."""
    with structlog.testing.capture_logs() as entries:
        monkeypatch.setattr(incidents, "log", structlog.get_logger())
        yield entries


def test_who_keeps_a_transaction_open_is_named_once(
    alice: Player, told: list[EventDict], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "_OPEN_S", 0.0)
    lag.caught_up(time.monotonic())  # what the tests before have left open is another incident
    watching = Incidents()
    with somebody_else() as other:
        other.execute("SET application_name = 'a long import'")
        assert lag.oldest_writer() is None  # whoever only reads holds up nothing
        other.execute("UPDATE users SET username = 'zoe' WHERE id = %s", [alice.id])

        watching.look()
        watching.look()
        writer = lag.oldest_writer()

        assert writer is not None
        assert (writer.pid, writer.application) == (other.info.backend_pid, "a long import")
        other.rollback()
    watching.look()

    assert [(entry["pid"], entry["application"]) for entry in told] == [(writer.pid, "a long import")]


def test_ranks_that_lag_behind_are_told_of_once_and_when_they_have_caught_up(
    arena: Client, told: list[EventDict]
) -> None:
    make_ranks()
    watching = Incidents()
    lag.caught_up(time.monotonic() - 60)
    watching.look()
    watching.look()
    assert lag.lag_s() >= 60

    reconcile()
    watching.look()

    assert lag.lag_s() < 5
    assert [entry["event"] for entry in told] == ["the ranks lag behind", "the ranks have caught up"]
