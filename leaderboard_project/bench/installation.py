"""The product, installed for the benchmark only, on a directory that is thrown away; started as `serve` does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from leaderboard_project import fleet
from leaderboard_project.bench.costs import processor_s, server_processor_s
from leaderboard_project.bench.errors import BenchFailed
from leaderboard_project.bench.field import Field
from leaderboard_project.bench.progress import Progress
from leaderboard_project.bench.serving import HOST, served
from leaderboard_project.children import Child
from leaderboard_project.embedded.addresses import Addresses
from leaderboard_project.embedded.pair import Pair
from scores.valkey import Valkey

#: What the environment must not decide: these servers are ours, and thrown away.
_OURS = {
    "RANKCAST_PRODUCTION": "0",
    "RANKCAST_HTTPS": "0",
    "RANKCAST_DEBUG": "0",
    "RANKCAST_LOG_LEVEL": "WARNING",
    "RANKCAST_SNAPSHOT_HOURS": "0",
}
#: How often a rebuild is tried, and how long one that failed may keep the next from beginning, in seconds.
_ATTEMPTS = 5
_LEASE_S = 11.0


@dataclass(frozen=True, slots=True)
class Site:
    """Something that serves the API: the product, or the plain way."""

    name: str
    address: tuple[str, int]
    web: tuple[Child, ...]
    api_key: str
    players: int
    #: Process ids of PostgreSQL and Valkey, by their names.
    servers: Mapping[str, int]

    @property
    def pids(self) -> list[int]:
        """Process ids of the web processes."""
        return [child.pid for child in self.web if child.pid is not None]

    def processor_s(self) -> dict[str, float]:
        """Processor time so far, by who took it."""
        servers = {name: server_processor_s(pid) for name, pid in self.servers.items()}
        return {"web": processor_s(self.pids), **servers}


@dataclass(frozen=True, slots=True)
class Installation:
    """The pair with its data, and the product that serves it."""

    data: Path
    addresses: Addresses
    environment: Mapping[str, str]
    field: Field
    site: Site
    worker: Child
    valkey_empty_bytes: int
    valkey_full_bytes: int


@contextmanager
def installation(*, players: int, sessions: int, processes: int, progress: Progress) -> Iterator[Installation]:
    """Start the pair, load `players` with so many sessions, rebuild the ranks and serve; all of it ends with the block.

    Raises:
        BenchFailed: something does not come up.
        EmbeddedError: the pair does not.
    """
    progress.begin("starting PostgreSQL and Valkey")
    with throw_away_directory() as data, Pair(data, command="bench") as pair:
        environment = {
            **fleet.environment([HOST, "localhost"], demo=False),
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
        progress.begin("writing all of it to the disk")
        os.sync()  # otherwise what follows would wait behind gigabytes of ours
        progress.begin("rebuilding the ranks")
        servers = dict(zip(("postgresql", "valkey"), pair.pids(), strict=True))
        empty = _valkey_bytes(pair.addresses)
        _rebuild(environment)
        full = _valkey_bytes(pair.addresses)
        with served("rankcast", environment, processes, progress) as (address, web, worker):
            site = Site("rankcast", address, web, key[0], players, servers)
            yield Installation(data, pair.addresses, environment, field, site, worker, empty, full)


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


def _rebuild(environment: Mapping[str, str]) -> None:
    """Let the product make its ranks; on a busy disk Valkey may keep it waiting too long for once."""
    for _ in range(_ATTEMPTS - 1):
        with suppress(BenchFailed):
            manage(environment, "rebuild")
            return
        time.sleep(_LEASE_S)
    manage(environment, "rebuild")


def _valkey_bytes(addresses: Addresses) -> int:
    return int(Valkey(addresses.redis_url).information("memory")["used_memory"])


@contextmanager
def throw_away_directory() -> Iterator[Path]:
    """A directory for a pair, on a disk; it is gone after the block."""
    # Not /tmp, which is memory on many machines: durability that costs nothing would be none.
    disk = Path("/var/tmp")  # noqa: S108  mkdtemp makes a name of its own
    data = Path(tempfile.mkdtemp(prefix="rankcast-bench-", dir=disk if disk.is_dir() else None))
    if os.geteuid() == 0:
        data.chmod(0o711)  # root's servers run as another account, which must pass through
    try:
        yield data
    finally:
        shutil.rmtree(data, ignore_errors=True)
