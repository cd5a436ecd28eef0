"""The product, installed for the benchmark only, on a directory that is thrown away; started as `serve` does."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.conf import settings

from leaderboard_project import fleet
from leaderboard_project.bench.field import Field
from leaderboard_project.bench.progress import Progress
from leaderboard_project.children import Child, parent_pipe
from leaderboard_project.embedded.addresses import Addresses
from leaderboard_project.embedded.pair import Pair
from leaderboard_project.listening import answers_ready, listening_socket, local_address

#: What the environment must not decide: these servers are ours, and thrown away.
_OURS = {"RANKCAST_PRODUCTION": "0", "RANKCAST_HTTPS": "0", "RANKCAST_DEBUG": "0", "RANKCAST_LOG_LEVEL": "WARNING"}
_READY_S = 60.0
_STOP_S = 15.0
_HOST = "127.0.0.1"


class BenchFailed(Exception):
    """The benchmark cannot go on; the message is one sentence for the user."""


@dataclass(frozen=True, slots=True)
class Site:
    """Something that serves the API: the product, or the plain way."""

    name: str
    address: tuple[str, int]
    web: tuple[Child, ...]
    api_key: str
    players: int

    @property
    def pids(self) -> list[int]:
        """Process ids of the web processes."""
        return [child.pid for child in self.web if child.pid is not None]


@dataclass(frozen=True, slots=True)
class Installation:
    """The pair with its data, and the product that serves it."""

    data: Path
    addresses: Addresses
    environment: Mapping[str, str]
    field: Field
    site: Site


@contextmanager
def installation(*, players: int, sessions: int, processes: int, progress: Progress) -> Iterator[Installation]:
    """Start the pair, load `players` with so many sessions, rebuild the ranks and serve; all of it ends with the block.

    Raises:
        BenchFailed: something does not come up.
        EmbeddedError: the pair does not.
    """
    progress.begin("starting PostgreSQL and Valkey")
    with _throw_away_directory() as data, Pair(data, command="bench") as pair:
        environment = {
            **fleet.environment([_HOST, "localhost"], demo=False),
            **_OURS,
            "DATABASE_URL": pair.addresses.database_url,
            "REDIS_URL": pair.addresses.redis_url,
            "SECRET_KEY": pair.addresses.secret_key,
            "RANKCAST_DATA": str(data),
        }
        manage(environment, "migrate", "--verbosity", "0")
        made = manage(environment, "create_api_key", "arena", "--scope", "sessions:submit")
        key = re.search(r"rk_\S+", made)
        assert key is not None
        field = Field(players=players, sessions=sessions)
        field.load(pair.addresses.database_url, progress)
        progress.begin("rebuilding the ranks")
        manage(environment, "rebuild")
        with served("rankcast", environment, processes, progress) as (address, web):
            yield Installation(
                data, pair.addresses, environment, field, Site("rankcast", address, web, key[0], players)
            )


@contextmanager
def served(
    name: str, environment: Mapping[str, str], processes: int, progress: Progress
) -> Iterator[tuple[tuple[str, int], tuple[Child, ...]]]:
    """Run the product's web processes and its worker until the end of the block; their address and the former."""
    with _described(environment) as (listening, child):
        web = fleet.web(child, listening, processes)
        progress.begin(f"starting {name}")
        with started([*web, fleet.command(child, "worker")], listening, ending=signal.SIGTERM) as address:
            yield address, tuple(web)


@contextmanager
def served_by(
    command: Sequence[str], environment: Mapping[str, str], processes: int
) -> Iterator[tuple[tuple[str, int], tuple[Child, ...]]]:
    """The same for another server: `command` gets the number of the listening file descriptor as its last word."""
    with _described(environment) as (listening, child):
        fd = listening.fileno()
        web = [child(f"{command[2]} {n}", [*command, str(fd)], inherit=[fd]) for n in range(1, processes + 1)]
        # It has nothing to lose. A daphne whose requests were cut off never ends by itself.
        with started(web, listening, ending=signal.SIGKILL) as address:
            yield address, tuple(web)


@contextmanager
def started(
    children: Sequence[Child], listening: socket.socket, *, ending: signal.Signals
) -> Iterator[tuple[str, int]]:
    """Run processes that share a listening socket until the end of the block; its address, once they are ready."""
    address = local_address(listening)
    try:
        for child in children:
            child.start()
        _wait_ready(children, address)
        yield address
    finally:
        _end(children, ending)


@contextmanager
def _described(environment: Mapping[str, str]) -> Iterator[tuple[socket.socket, Callable[..., Child]]]:
    listening = listening_socket(_HOST, 0)
    reading, writing = parent_pipe()
    with listening, reading, writing:
        yield listening, partial(Child, environment=environment, pipe=reading)


def manage(environment: Mapping[str, str], *arguments: str) -> str:
    """Run a management command to its end; what it printed.

    Raises:
        BenchFailed: it failed; its last words are in the message.
    """
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments]
    done = subprocess.run(command, env=dict(environment), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise BenchFailed(f"`{' '.join(arguments)}` failed: {' | '.join(done.stderr.strip().splitlines()[-3:])}")
    return done.stdout


@contextmanager
def _throw_away_directory() -> Iterator[Path]:
    # Not /tmp, which is memory on many machines: durability that costs nothing would be none.
    disk = Path("/var/tmp")  # noqa: S108  mkdtemp makes a name of its own
    data = Path(tempfile.mkdtemp(prefix="rankcast-bench-", dir=disk if disk.is_dir() else None))
    if os.geteuid() == 0:
        data.chmod(0o711)  # root's servers run as another account, which must pass through
    try:
        yield data
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _wait_ready(children: Sequence[Child], address: tuple[str, int]) -> None:
    deadline = time.monotonic() + _READY_S
    while not answers_ready(address, _HOST):
        for child in children:
            if not child.is_running():
                raise BenchFailed(f"{child.name} ended while starting; its last words are above.")
        if time.monotonic() >= deadline:
            raise BenchFailed(f"{children[0].name} was not ready within {_READY_S:.0f} s.")
        time.sleep(0.05)


def _end(children: Sequence[Child], ending: signal.Signals) -> None:
    for child in children:
        if child.pid is not None and child.is_running():
            os.kill(child.pid, ending)
    deadline = time.monotonic() + _STOP_S
    while any(child.is_running() for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    for child in children:
        child.kill()
