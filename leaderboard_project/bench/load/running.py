"""Starts HTTP clients and waits for what they found out."""

from __future__ import annotations

import json
import resource
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from leaderboard_project.bench.errors import ClientFailed
from leaderboard_project.bench.load.spec import Load, Loaded

Client = Literal["wrk", "own"]

#: The modules of our own programs, by the kind of load; all others are HTTP requests.
_PROGRAMS = {"frames": "game_servers", "stream": "python_client"}
_LUA = Path(__file__).with_name("wrk.lua")
#: How long a client may take beyond its load, in seconds.
_PATIENCE_S = 30.0


def best_client() -> Client:
    """The client that takes least of the processors: wrk where it is installed, otherwise our own."""
    return "wrk" if shutil.which("wrk") else "own"


def run(load: Load, client: Client) -> Loaded:
    """Do a load and wait for its end. An open load (`per_s`) is always done by our own client, as wrk knows none.

    Raises:
        ClientFailed: see there.
    """
    with started(load, client) as running:
        return running.result()


@dataclass(frozen=True, slots=True)
class Running:
    """A client at work; `own` tells which one."""

    process: subprocess.Popen[str]
    load: Load
    own: bool

    def result(self) -> Loaded:
        """Wait for the end of the load.

        Raises:
            ClientFailed: see there.
        """
        assert self.process.stdout is not None
        before = _ended_children_s()
        # Read by hand: `communicate` would close our own client's standard input, which tells it to end.
        try:
            self.process.wait(self.load.seconds + _PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise ClientFailed("A client did not end in time.") from None
        output = self.process.stdout.read().strip()
        if self.process.returncode != 0 or not output:
            raise ClientFailed("A client ended without a result; its last words are above.")
        line = output.splitlines()[-1]
        return Loaded.decoded(line) if self.own else _from_wrk(line, _ended_children_s() - before)


@contextmanager
def started(load: Load, client: Client) -> Iterator[Running]:
    """A client that works beside what the block does; it is gone after the block, however that ends."""
    own = client == "own" or load.per_s is not None or load.kind in _PROGRAMS
    process = subprocess.Popen(  # noqa: S603
        _own(load) if own else _wrk(load),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).resolve().parents[3],
        text=True,
        start_new_session=True,  # Ctrl-C is for the benchmark itself, which ends its clients
    )
    try:
        assert process.stdin is not None
        if own:
            process.stdin.write(load.encoded())
            process.stdin.flush()
        yield Running(process, load, own)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


def _own(load: Load) -> list[str]:
    return [sys.executable, "-m", f"leaderboard_project.bench.load.{_PROGRAMS.get(load.kind, 'client')}"]


def _wrk(load: Load) -> list[str]:
    host, port = load.address
    options = ["-t", "1", "-c", str(load.connections), "-d", f"{max(1, round(load.seconds))}s", "--timeout", "10s"]
    words = [load.kind, load.api_key, load.prefix, load.first, load.last, load.batch, secrets.randbelow(2**31)]
    return ["wrk", *options, "-s", str(_LUA), f"http://{host}:{port}/", "--", *map(str, words)]


def _ended_children_s() -> float:
    """Processor time of those that have ended: wrk does not tell its own."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _from_wrk(line: str, cpu_s: float) -> Loaded:
    told = json.loads(line)
    failures = {name: told[name] for name in ("status", "connect", "read", "write", "timeout") if told[name]}
    return Loaded(
        done=told["requests"] - told["status"],
        seconds=told["seconds"],
        p50_ms=told["p50_ms"],
        p99_ms=told["p99_ms"],
        max_ms=told["max_ms"],
        failed=sum(failures.values()),
        failures=failures,
        cpu_s={"client": cpu_s},
    )
