"""`serve` whose processes die without end, at every point that there is: its supervisor starts them again."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from leaderboard_project.embedded.addresses import addresses_on
from tests.acceptance.conftest import data as data  # noqa: PLC0414  a fixture
from tests.acceptance.processes import descendants
from tests.acceptance.serving import Serving, eventually, new_api_key
from tests.faults.checker import Findings, check
from tests.faults.history import History
from tests.faults.load import Load
from tests.faults.state import Stores, top_of

_ARMED = ",".join(
    [
        *(f"{point}=kill@0.01" for point in ("before_commit", "write_after_commit", "before_answer")),
        "publish=kill@0.005",
        *(f"{point}=kill@0.1" for point in ("reconcile_read", "reconcile_advance")),
    ]
)
_DEATHS = 12


@pytest.fixture
def serving(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    with monkeypatch.context() as patch:
        patch.setenv("RANKCAST_FAILPOINTS", _ARMED)
        started = Serving.started(data, "--processes", "2")
    yield started
    started.discard()


def _processes(serving: Serving) -> set[int]:
    words = ("leaderboard_project.web", "manage.py worker")
    return {pid for pid, command in descendants(serving.process.pid).items() if any(word in command for word in words)}


@pytest.mark.timeout(240)
def test_processes_that_die_all_the_time_lose_nothing_and_count_nothing_twice(serving: Serving, data: Path) -> None:
    api_key = new_api_key(data)
    history, seen = History(), _processes(serving)
    addresses = addresses_on(data)
    stores = Stores(addresses.database_url, addresses.redis_url)

    def have_died() -> int:
        seen.update(_processes(serving))
        return len(seen) - 3

    with Load(serving.url.rstrip("/"), api_key) as load:
        load.begin("dying-", history)
        try:
            assert eventually(lambda: have_died() >= _DEATHS, within_s=90), f"{have_died()} deaths"
        finally:
            load.end()
        assert eventually(lambda: stores.ranks() == stores.standings(), within_s=60)
        top = top_of(stores.standings())
        assert eventually(lambda: all(viewer.top == top for viewer in load.viewers), within_s=60)

    assert check(history.events, stores.stored("dying-")) == Findings()
    assert history.acknowledged() > 0
    stores.close()
    for pid in _processes(serving):
        os.kill(pid, signal.SIGKILL)  # and they come back once more
    assert eventually(serving.is_ready, within_s=60)
