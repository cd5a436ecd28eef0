"""However `serve` ends, no process stays behind and no acknowledged session is lost."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path

import pytest

from tests.acceptance.conftest import Start
from tests.acceptance.processes import descendants, living
from tests.acceptance.serving import eventually, new_api_key


def test_sigterm_ends_every_process_in_good_order(start: Start) -> None:
    serving = start()
    children = list(descendants(serving.process.pid))

    code = serving.end(signal.SIGTERM)

    assert code == 0
    assert len(children) > 5
    assert living(children) == []


def test_after_kill_9_no_process_stays_and_each_next_start_finds_the_data(start: Start, data: Path) -> None:
    killed = start()
    api_key = new_api_key(data)
    killed.submit(api_key, "alice", 50)
    children = list(descendants(killed.process.pid))

    killed.end(signal.SIGKILL)

    assert eventually(lambda: not living(children), within_s=10), living(children)
    again = start()
    assert again.submit(api_key, "alice", 5)["total_score"] == 55

    again.end(signal.SIGKILL)

    assert start().totals() == {"alice": 55}  # at once: it waits for the old servers to be gone


def test_signals_that_come_in_a_storm_end_it_all_the_same(start: Start) -> None:
    serving = start()
    children = list(descendants(serving.process.pid))

    while serving.process.poll() is None:
        serving.process.send_signal(signal.SIGTERM)
        serving.process.send_signal(signal.SIGINT)

    # The last one may hit an interpreter that has already put its handlers away: all is done by then.
    assert serving.process.returncode in {0, -signal.SIGTERM, -signal.SIGINT}
    assert living(children) == []


@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed")
def test_kill_9_of_uv_run_ends_it_all_too(start: Start) -> None:
    serving = start(by=["uv", "run", "--no-sync"])
    children = list(descendants(serving.process.pid))

    serving.end(signal.SIGKILL)

    assert eventually(lambda: not living(children), within_s=10), living(children)
