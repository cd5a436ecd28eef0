"""`manage.py bench` as somebody runs it: what it says, what it writes, and that nothing of it stays. Never how fast."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.processes import descendants, living
from tests.acceptance.serving import MANAGE, environment, eventually

#: With our own client: wrk is not everywhere, and its rounds are whole seconds.
_TINY = ("--rounds", "1", "--connections", "8", "--small", "200", "--players", "200", "--client", "own")
_PLACE = Path("/var/tmp")
_PATIENCE_S = 120.0

CHEAP = [
    "submit",
    "submit-one",
    "batch",
    "batch-socket",
    "audience",
    "evening",
    "slow-readers",
    "reads",
    "memory",
    "rebuild",
    "reconciler",
    "archive",
]
#: More of the same, with more sockets or a second installation.
LARGE = {"audience-4000", "submit-size", "size", "size-batch", "size-sockets", "size-boards", "layers"}

pytestmark = pytest.mark.timeout(2 * _PATIENCE_S)


def directories() -> set[Path]:
    return set(_PLACE.glob("rankcast-bench-*"))


@contextmanager
def bench(tmp_path: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A benchmark at work, interrupted at the end of the block if it still is."""
    command = [sys.executable, str(MANAGE), "bench", *arguments]
    with subprocess.Popen(
        command, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.communicate(timeout=_PATIENCE_S)


def ran(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A benchmark, run to its end."""
    with bench(tmp_path, *arguments) as process:
        output, errors = process.communicate(timeout=_PATIENCE_S)
        return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def until_it_measures(process: subprocess.Popen[str], client: str) -> list[int]:
    """Wait until a client is at work; every process that was started until then."""
    started: dict[int, str] = {}

    def is_measuring() -> bool:
        started.update(descendants(process.pid))
        return any(client in command for command in started.values())

    assert eventually(is_measuring, within_s=_PATIENCE_S)
    return list(started)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """The cheap scenarios, tiny: what was printed, and the document."""
    before = directories()
    file = tmp_path_factory.mktemp("bench") / "figures.json"
    done = ran(file.parent, *CHEAP, *_TINY, "--seconds", "0.5", "--json", str(file))
    assert done.returncode == 0, done.stderr[-2000:]
    assert directories() == before
    return done.stdout, json.loads(file.read_text())


def test_the_list_names_every_scenario(tmp_path: Path) -> None:
    listed = [line.split()[0] for line in ran(tmp_path, "--list").stdout.splitlines()]

    assert set(listed) == {*CHEAP, *LARGE}


def test_an_unknown_scenario_is_refused_in_a_sentence(tmp_path: Path) -> None:
    refused = ran(tmp_path, "dance")

    assert refused.returncode == 1
    assert refused.stderr == "CommandError: There is no scenario 'dance'; --list says which there are.\n"


def test_every_scenario_prints_a_table_and_fails_in_nothing(run: tuple[str, dict[str, Any]]) -> None:
    printed, document = run

    assert [(result["scenario"], result["notes"]) for result in document["results"] if result["errors"]] == []
    assert [result["scenario"] for result in document["results"]] == CHEAP
    for scenario in CHEAP:
        assert f"\n{scenario}: " in printed


def test_the_header_says_on_what_it_was_measured(run: tuple[str, dict[str, Any]]) -> None:
    printed, document = run

    machine = document["machine"]
    assert (machine["fsync"], machine["synchronous_commit"]) == ("on", "on")
    assert printed.startswith(f"{machine['cores']} cores, ")
    assert f"PostgreSQL {machine['postgresql']} (fsync on, synchronous_commit on, data on {machine['disk']})" in printed


def test_the_header_says_how_fast_the_machine_is_without_the_product(run: tuple[str, dict[str, Any]]) -> None:
    printed, document = run

    yardstick = document["machine"]["yardstick"]
    assert set(yardstick) == {"python_mturns_per_s", "select_us", "commit_ms", "ping_us"}
    assert all(value > 0 for value in yardstick.values())
    assert f"\nYardstick: {yardstick['python_mturns_per_s']:.1f} million turns/s of an empty Python loop" in printed


def test_figures_carry_their_runs_and_a_target_that_tiny_sizes_do_not_judge(run: tuple[str, dict[str, Any]]) -> None:
    _, document = run

    [submit] = [result for result in document["results"] if result["scenario"] == "submit"]
    figures = {(figure["way"], figure["name"]): figure for figure in submit["figures"]}
    assert figures["rankcast", "sessions_per_s"]["runs"] == [figures["rankcast", "sessions_per_s"]["median"]]
    assert figures["plain", "sessions_per_s"]["median"] > 0
    assert figures["ratio", "sessions_per_s"]["target"] == {"bound": "at least", "value": 10, "met": None}


def test_ctrl_c_leaves_no_process_and_no_directory(tmp_path: Path) -> None:
    before = directories()
    with bench(tmp_path, "submit", *_TINY, "--seconds", "60") as process:
        started = until_it_measures(process, "bench.load.client")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=_PATIENCE_S)

    assert process.returncode == 130
    assert living(started) == []
    assert directories() == before


def test_kill_9_leaves_no_process(tmp_path: Path) -> None:
    before = directories()
    with bench(tmp_path, "evening", *_TINY, "--seconds", "60") as process:
        started = until_it_measures(process, "bench.load.audience")
        process.kill()

    assert eventually(lambda: living(started) == [], within_s=_PATIENCE_S)
    for left in directories() - before:  # nobody else is there who could remove it
        shutil.rmtree(left)
