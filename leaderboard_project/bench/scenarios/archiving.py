"""Everything goes into an archive, and from it into an empty installation: what that takes, and if all is there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings

from leaderboard_project.bench.errors import BenchFailed
from leaderboard_project.bench.figures import Figure, Result
from leaderboard_project.bench.installation import Installation, manage, throw_away_directory
from leaderboard_project.bench.workbench import Workbench
from leaderboard_project.embedded.pair import Pair

_SESSIONS = 1_000_000
_SESSIONS_PER_PLAYER = 5  # as the workbench makes them
_KIB_PER_MIB = 1024
# As game servers send them; the sessions that the benchmark begins with have none.
_KEYS = """
INSERT INTO idempotency_keys (client_id, key, session_id, body_digest)
SELECT client_id, md5(id::text), id, sha256(id::text::bytea) FROM game_sessions ON CONFLICT DO NOTHING
"""


def archive(bench: Workbench) -> Result:
    """`manage.py snapshot` of a million sessions and `restore` into an empty installation, ranks included."""
    made = bench.installation(bench.options.players // _SESSIONS_PER_PLAYER)
    bench.progress.begin("giving each session its idempotency key")
    with psycopg.connect(made.addresses.database_url, autocommit=True) as connection:
        connection.execute(_KEYS)
        connection.execute("VACUUM (ANALYZE) idempotency_keys")
    rounds: list[_Round] = []
    for number in range(1, bench.options.rounds + 1):
        bench.progress.begin(f"archive: round {number} of {bench.options.rounds}, {made.field.sessions:,} sessions")
        rounds.append(_round(made))
    differing = [table for each in rounds for table in each.differing]
    return Result(
        scenario="archive",
        sizes={"players": made.field.players, "sessions": made.field.sessions, "rounds": bench.options.rounds},
        full_size=made.field.sessions >= _SESSIONS,
        figures=(
            Figure("rankcast", "snapshot_s", tuple(each.snapshot.seconds for each in rounds)),
            Figure("rankcast", "restore_s", tuple(each.restore.seconds for each in rounds)),
            Figure("rankcast", "archive_mib", tuple(each.mib for each in rounds)),
            Figure("rankcast", "snapshot_peak_mib", tuple(each.snapshot.peak_mib for each in rounds)),
            Figure("rankcast", "restore_peak_mib", tuple(each.restore.peak_mib for each in rounds)),
            Figure("rankcast", "tables_that_differ", (float(len(differing)),)),
        ),
        errors=len(differing),
        notes=(
            "each session has its idempotency key",
            "seconds hold the commands' own start; those of a restore also the rebuild of the ranks",
            *(f"WRONG: {table} is not what it was" for table in differing),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Command:
    """What a command took."""

    seconds: float
    peak_mib: float


@dataclass(frozen=True, slots=True)
class _Round:
    snapshot: _Command
    restore: _Command
    mib: float
    differing: tuple[str, ...]  # tables


def _round(made: Installation) -> _Round:
    with tempfile.TemporaryDirectory(prefix="rankcast-bench-", dir=made.data.parent) as directory:
        before, after = Path(directory) / "before.tar", Path(directory) / "after.tar"
        snapshot = _run(made.environment, "snapshot", str(before))
        with _empty_installation(made.environment) as environment:
            restore = _run(environment, "restore", str(before))
            _run(environment, "snapshot", str(after))
        was, now = _digests(before), _digests(after)
        differing = tuple(table for table in was if was[table] != now[table])
        return _Round(snapshot, restore, before.stat().st_size / _KIB_PER_MIB**2, differing)


@contextmanager
def _empty_installation(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    with throw_away_directory() as data, Pair(data, command="bench") as pair:
        known = {
            **environment,
            "DATABASE_URL": pair.addresses.database_url,
            "REDIS_URL": pair.addresses.redis_url,
            "RANKCAST_DATA": str(data),
        }
        manage(known, "migrate", "--verbosity", "0")
        yield known


def _run(environment: Mapping[str, str], *arguments: str) -> _Command:
    began = time.monotonic()
    process = subprocess.Popen(  # noqa: S603
        [sys.executable, str(settings.BASE_DIR / "manage.py"), *arguments],
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise BenchFailed(f"`manage.py {' '.join(arguments)}` failed.")
    return _Command(time.monotonic() - began, used.ru_maxrss / _KIB_PER_MIB)


def _digests(path: Path) -> dict[str, str]:
    with tarfile.open(path) as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        return {table["name"]: table["digest"] for table in json.load(manifest)["tables"]}
